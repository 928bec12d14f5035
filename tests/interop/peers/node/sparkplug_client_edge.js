// An edge node made with sparkplug-client: node sparkplug_client_edge.js PORT GROUP NODE DEVICE.
// Says what happens as lines of JSON; takes "data N", "compressed N", "stop" and "crash".
"use strict";
const [port, groupId, edgeNode, device] = process.argv.slice(2);
const say = (event) => process.stdout.write(JSON.stringify({ event }) + "\n");
// Resolved from the environment that the set-up made, which is not where this file stands.
const { createRequire } = require("module");
const foreign = createRequire(process.env.PEER_HOME + "/package.json");
const client = foreign("sparkplug-client").newClient({
  serverUrl: "mqtt://127.0.0.1:" + port,
  username: "", password: "", groupId, edgeNode, clientId: edgeNode,
  publishDeath: process.env.PUBLISH_DEATH === "yes",
});
const node = () => ({
  timestamp: Date.now(),
  metrics: [{ name: "gateway/cpu_pct", value: 12.5, type: "Double", timestamp: Date.now() }],
});
const birth = () => {
  const payload = node();
  payload.metrics.push({ name: "Node Control/Rebirth", value: false, type: "Boolean" });
  return payload;
};
const reading = (clients, now = Date.now()) => ({
  timestamp: now, // one moment: values of two milliseconds are two rows
  metrics: [
    { name: "wifi/ok", value: true, type: "Boolean" },
    { name: "wifi/clients", value: clients, type: "UInt32" },
    { name: "wifi/rx_bytes", value: 5000000000, type: "UInt64" },
    { name: "wifi/noise_dbm", value: -91, type: "Int8" },
  ].map((metric) => ({ ...metric, timestamp: now })),
});
client.on("birth", () => {
  client.publishNodeBirth(birth());
  client.publishDeviceBirth(device, reading(0));
});
client.on("ncmd", (payload) => {
  say("command");
  if ((payload.metrics || []).some((one) => one.name === "Node Control/Rebirth" && one.value)) {
    client.publishNodeBirth(birth());
    client.publishDeviceBirth(device, reading(0));
  }
});
client.on("close", () => { if (stopping) { say("ended"); process.exit(0); } });
let stopping = false;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [order, value] = line.split(" ");
  if (order === "data") {
    client.publishNodeData(node());
    client.publishDeviceData(device, reading(Number(value)));
  } else if (order === "compressed") {
    client.publishDeviceData(device, reading(Number(value)), { compress: true });
  } else if (order === "crash") {
    process.exit(1); // no farewell: the will speaks
  } else {
    stopping = true;
    client.stop();
    return;
  }
  say(order);
});
