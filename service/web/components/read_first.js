/** Grading a film before its scores are shown, and what the model gave beside it afterwards. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { dateTime, score } from "../format.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";
import { Correction, zonesOf } from "./review.js";
import { ZONE_ROWS } from "./scores.js";

const NO_ZONES = Object.freeze({});

/** The form of a film that is unread; `onRead` is called once the reading is committed. */
export function ReadFirst({ id, announce, onRead }) {
  const [error, setError] = useState("");
  const commit = async (zones) => {
    try {
      await postJson(`v1/results/${id}/reading`, { zones });
    } catch (problem) {
      setError(problemText(problem));
      return;
    }
    announce(t("read_first.committed"));
    onRead();
  };
  const submit = (event) => {
    event.preventDefault();
    commit(zonesOf(new FormData(event.target)));
  };
  return html`
    <section class="review read-first" aria-labelledby="read-first">
      <h3 id="read-first">${t("read_first.title")}</h3>
      <p class="dim">${t("read_first.why")}</p>
      <form onSubmit=${submit}>
        <${Correction} zones=${NO_ZONES} />
        <p class="error" role="alert">${error}</p>
        <div class="row">
          <button class="main">${t("read_first.commit")}</button>
          <button type="button" onClick=${() => commit(null)}>${t("review.not_gradable")}</button>
        </div>
      </form>
    </section>`;
}

/** What readers graded before they saw the scores, zone by zone beside the model's. */
export function Readings({ result }) {
  const readings = useLoaded((signal) => getJson(`v1/results/${result.id}/reading`, signal), [result.id]);
  return (readings.value?.readings ?? []).map((reading) => html`
    <section key=${reading.reader} class="readings">
      <h3>${t("read_first.compared")} <span class="dim">${t("review.by", { reviewer: reading.reader, when: dateTime(reading.created) })}</span></h3>
      ${reading.zones === null ? html`<p>${t("review.not_gradable")}</p>` : html`<${Comparison} reading=${reading} brixia=${result.scores?.brixia} />`}
    </section>`);
}

function Comparison({ reading, brixia }) {
  const rows = [
    ...ZONE_ROWS.flat().sort().map((name) => [`${name} ${t(`zone.${name}`)}`, reading.zones[name], brixia?.zones[name].value]),
    [t("scale.brixia"), reading.brixia, brixia?.value],
  ];
  return html`
    <table class="scales">
      <thead><tr><td /><th scope="col">${t("read_first.reader")}</th><th scope="col">${t("read_first.model")}</th></tr></thead>
      <tbody>
        ${rows.map(([name, grade, value]) => html`
          <tr key=${name}><th scope="row">${name}</th><td>${grade}</td><td>${value === undefined ? "–" : score(value)}</td></tr>`)}
      </tbody>
    </table>`;
}
