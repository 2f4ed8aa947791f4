"use strict";

const $ = (id) => document.getElementById(id);
const SCALES = [
  ["brixia", "Brixia"],
  ["geographic_extent", "Geographic extent"],
  ["opacity", "Opacity"],
];
const ROWS = [["Upper", "A", "D"], ["Middle", "B", "E"], ["Lower", "C", "F"]];

const row = (heading, ...cells) => {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = heading;
  line.append(head, ...cells.map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  }));
  return line;
};

const span = ([low, high]) => `${low.toFixed(1)} to ${high.toFixed(1)}`;
const percent = (value) => (value === null ? "not seen" : `${value.toFixed(1)} %`);

const reveal = (shown) => {
  for (const id of ["result", "problem", "raw"]) $(id).hidden = id !== shown;
};

const showReasons = (reasons) => {
  $("reasons").replaceChildren(...reasons.map((reason) => {
    const item = document.createElement("li");
    item.textContent = reason.message;
    return item;
  }));
};

const showResult = (result) => {
  const { brixia, lung_involvement_percent: share } = result.scores;
  $("headline").textContent =
    `Brixia ${brixia.value.toFixed(1)} of ${brixia.range[1]}: ${result.severity}`;
  showReasons(result.gate.reasons);
  $("scales").replaceChildren(
    ...SCALES.map(([key, name]) => {
      const score = result.scores[key];
      return row(`${name}, 0-${score.range[1]}`, score.value.toFixed(1), span(score.interval));
    }),
    row("Lung involved", percent(share.total),
      `right ${percent(share.right)}, left ${percent(share.left)}`),
  );
  const zone = (name) =>
    `${name}  ${brixia.zones[name].value.toFixed(1)} (${span(brixia.zones[name].interval)})`;
  $("zones").replaceChildren(
    ...ROWS.map(([level, right, left]) => row(level, zone(right), zone(left))));
  reveal("result");
};

const showProblem = (problem) => {
  $("problem").textContent = `${problem.title}. ${problem.detail}`;
  reveal("problem");
};

const ask = async (file) => {
  const form = new FormData();
  form.append("file", file);
  const answer = await fetch("v1/score", { method: "POST", body: form });
  return { scored: answer.ok, outcome: await answer.json() };
};

let newest = 0;

const grade = async (file) => {
  const turn = ++newest;
  reveal();
  $("progress").textContent = `Grading ${file.name} …`;
  const answer = await ask(file).catch(() => null);
  // Meanwhile another film may have been chosen: its name stands on the page now.
  if (turn !== newest) return;
  $("progress").textContent = file.name;
  if (answer === null) {
    showProblem({ title: "The service does not answer", detail: "Is it still running?" });
    return;
  }
  (answer.scored ? showResult : showProblem)(answer.outcome);
  $("json").textContent = JSON.stringify(answer.outcome, null, 2);
  $("raw").hidden = false;
};

$("file").addEventListener("change", (event) => {
  if (event.target.files.length) grade(event.target.files[0]);
  event.target.value = "";
});
for (const name of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) grade(event.dataTransfer.files[0]);
  });
}

fetch("v1/model").then((answer) => answer.json()).then((model) => {
  $("model").textContent = ` · model ${model.name} ${model.version} · ${model.provider}`;
});
