// Reads payloads with sparkplug-payload: hexadecimal lines in, lines of JSON out.
"use strict";
const { createRequire } = require("module");
const foreign = createRequire(process.env.PEER_HOME + "/package.json");
const codec = foreign("sparkplug-payload").get("spBv1.0");
const plain = (value) =>
  value === undefined ? null : value !== null && typeof value === "object" && "low" in value
    ? value.toString() : value;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let told;
  try {
    const payload = codec.decodePayload(Buffer.from(line, "hex"));
    told = {
      timestamp: plain(payload.timestamp),
      seq: plain(payload.seq),
      metrics: (payload.metrics || []).map((one) => ({
        name: one.name === undefined ? null : one.name,
        alias: plain(one.alias),
        type: one.type === undefined ? null : one.type,
        timestamp: plain(one.timestamp),
        value: plain(one.value),
        isNull: one.isNull === true,
        isHistorical: one.isHistorical === true,
      })),
    };
  } catch (error) {
    told = { error: error.constructor.name };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
});
