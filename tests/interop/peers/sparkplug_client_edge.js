// A node and a device on the npm package sparkplug-client; see the package. The second argument
// "compress" sends data compressed.
"use strict";
const path = require("path");
const readline = require("readline");
const client = require(path.resolve(".cache/peers/sparkplug-js/node_modules/sparkplug-client"));

const DEVICE = "ap-1";
const options = process.argv[3] === "compress" ? { compress: true, algorithm: "DEFLATE" } : {};
const metric = (name, type, value) => ({ name, type, value, timestamp: Date.now() });
const payload = (metrics) => ({ timestamp: Date.now(), metrics });
const node = (number) => payload([metric("gateway/cpu_pct", "Double", number)]);
const device = (number) =>
  payload([
    metric("wifi/ok", "Boolean", true),
    metric("wifi/clients", "Int32", number),
    metric("wifi/rx_bytes", "UInt64", 1000 * number),
    metric("wifi/uptime_s", "UInt32", 4000000000 + number),
    metric("check/rtt_ms", "Float", number / 4),
  ]);

const edge = client.newClient({
  serverUrl: "mqtt://127.0.0.1:" + process.argv[2],
  username: "",
  password: "",
  groupId: "district-1",
  edgeNode: "gw-1",
  clientId: "peer-edge",
  version: "spBv1.0",
  publishDeath: true,
});
edge.on("birth", () => {
  edge.publishNodeBirth(node(0));
  edge.publishDeviceBirth(DEVICE, device(0));
  console.log("born");
});
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [order, number] = line.split(" ");
  if (order === "data") {
    edge.publishNodeData(node(Number(number)), options);
    edge.publishDeviceData(DEVICE, device(Number(number)), options);
  } else if (order === "stop") {
    edge.stop();
  }
  // two readings of one metric never share a millisecond
  setTimeout(() => console.log(order), 2);
});
