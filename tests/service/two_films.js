// Runs page.js on a page of stand-ins: film A is dropped, then B; B is answered first, then A.
"use strict";

const fs = require("node:fs");
const vm = require("node:vm");

const element = () => ({
  hidden: true,
  textContent: "",
  handlers: {},
  classList: { toggle() {} },
  append() {},
  replaceChildren() {},
  addEventListener(name, handler) { this.handlers[name] = handler; },
});
const elements = {};
const $ = (id) => (elements[id] ??= element());

class FormData {
  append(_, file) { this.file = file; }
}

const zone = { value: 1, interval: [0, 2] };
const scale = (high, value) => ({ value, range: [0, high], interval: [0, high] });
const scored = (brixia) => ({
  scores: {
    brixia: {
      ...scale(18, brixia),
      zones: Object.fromEntries([..."ABCDEF"].map((name) => [name, zone])),
    },
    geographic_extent: scale(8, 3),
    opacity: scale(8, 2),
    lung_involvement_percent: { right: 1, left: null, total: 1 },
  },
  severity: "moderate",
  gate: { reasons: [] },
});
const answers = {
  scored: { ok: true, json: async () => scored(9) },
  rejected: { ok: false, json: async () => ({ title: "Out of scope", detail: "A lateral view." }) },
};
const card = { json: async () => ({ name: "fake", version: "1", provider: "CPU" }) };

const pending = {};
const fetch = (route, request) =>
  request
    ? new Promise((resolve, reject) => { pending[request.body.file.name] = { resolve, reject }; })
    : Promise.resolve(card);

const drop = (name) =>
  $("drop").handlers.drop({ preventDefault() {}, dataTransfer: { files: [{ name }] } });
const settled = () => new Promise(setImmediate);

const main = async ([page, first, second]) => {
  const document = { getElementById: $, createElement: element };
  vm.runInNewContext(fs.readFileSync(page, "utf-8"), { document, fetch, FormData });
  drop("A");
  drop("B");
  for (const [name, kind] of [["B", second], ["A", first]]) {
    if (kind === "lost") pending[name].reject(new TypeError("no network"));
    else pending[name].resolve(answers[kind]);
    await settled();
  }
  const seen = ["result", "problem", "raw"].filter((id) => !$(id).hidden);
  const texts = ["progress", "headline", "problem"].map((id) => [id, $(id).textContent]);
  process.stdout.write(JSON.stringify({ seen, ...Object.fromEntries(texts) }));
};

main(process.argv.slice(2));
