// Reads payloads with the npm package sparkplug-payload; see the package.
"use strict";
const path = require("path");
const readline = require("readline");
const home = path.resolve(".cache/peers/sparkplug-js/node_modules/sparkplug-payload");
const payloads = require(home).get("spBv1.0");

const plain = (value) =>
  value === null || value === undefined
    ? null
    : typeof value === "object"
      ? Number(value.toString())
      : value;

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  try {
    const read = payloads.decodePayload(Buffer.from(line.trim(), "hex"));
    const metrics = (read.metrics || []).map((one) => [
      one.name || null,
      plain(one.alias),
      one.type || null,
      plain(one.value),
      plain(one.timestamp),
    ]);
    console.log(JSON.stringify({ seq: plain(read.seq), metrics }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.name) }));
  }
});
