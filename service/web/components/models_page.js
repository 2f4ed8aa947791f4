/** The models of the site and how the one that grades is watched, for engineers and administrators. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { dateTime } from "../format.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";
import { SeriesChart } from "./series_chart.js";

const SHOWN_LETTERS = 12;
const LONGEST_REASON = 500;
const SHADOW_PERCENT = 20;

export function ModelsPage({ announce }) {
  const models = useLoaded((signal) => getJson("v1/models", signal), []);
  const monitor = useLoaded((signal) => getJson("v1/monitor", signal), []);
  const grading = useLoaded((signal) => getJson("v1/model", signal), [models.value?.grading]);
  const [error, setError] = useState("");
  const act = (path, document = {}) => {
    setError("");
    return postJson(path, document).then(() => {
      announce(t("models.done"));
      models.reload();
      monitor.reload();
    }, (problem) => setError(problemText(problem)));
  };
  const problem = error || [models, monitor, grading].map((one) => one.problem).filter(Boolean).map(problemText)[0] || "";
  return html`
    <main id="film" class="register models" tabindex="-1">
      <h2>${t("models.title")}</h2>
      <p class="error" role="alert">${problem}</p>
      ${monitor.value && html`<${Alarms} state=${monitor.value} act=${act} />`}
      ${models.value && html`<${Registry} found=${models.value} grading=${grading.value} act=${act} />`}
      ${models.value?.shadow && html`<${Shadow} figures=${models.value.shadow} />`}
      ${monitor.value && html`<${Watch} state=${monitor.value} />`}
    </main>`;
}

/** What was noticed and nobody has cleared yet, and the way to set the model aside. */
function Alarms({ state, act }) {
  const stop = (event) => {
    event.preventDefault();
    act("v1/monitor/stop", { reason: new FormData(event.target).get("reason") });
  };
  return html`
    <section>
      <h3>${t("models.alarms")}</h3>
      ${state.stopped && html`<p class="error">${t("models.stopped", { count: state.held })}</p>`}
      ${!state.alarms.length && html`<p class="dim">${t("models.no_alarm")}</p>`}
      <ul>${state.alarms.map((alarm) => html`
        <li key=${alarm.id} class="entry">
          <p><b>${dateTime(alarm.raised)}</b> <span lang=${alarm.feature === "by_hand" ? null : "en"}>${alarm.reason}</span>${alarm.by && ` (${alarm.by})`}</p>
          <div class="row">
            <button onClick=${() => act(`v1/monitor/alarms/${alarm.id}/clear`)}>${t(alarm.stops ? "models.release" : "models.clear")}</button>
            <button onClick=${() => act(`v1/monitor/alarms/${alarm.id}/clear`, { new_normal: true })}>${t("models.new_normal")}</button>
          </div>
        </li>`)}</ul>
      ${!state.stopped && html`
        <form class="row" onSubmit=${stop}>
          <label>${t("models.stop_reason")} <input name="reason" required maxlength=${LONGEST_REASON} /></label>
          <button>${t("models.stop")}</button>
        </form>`}
    </section>`;
}

/** `grading`: the model that grades, with its name, null until that is known. */
function Registry({ found, grading, act }) {
  const name = grading ? `${grading.name} ${grading.version} ` : "";
  return html`
    <section>
      <h3>${t("models.registry")}</h3>
      <p class="dim">${t("models.grading", { model: `${name}(${found.grading.slice(0, SHOWN_LETTERS)})` })}</p>
      ${!found.models.length && html`<p class="dim">${t("models.none")}</p>`}
      ${found.models.map((model) => html`
        <article key=${model.sha256} class="entry">
          <p><b>${model.name} ${model.version}</b> <code>${model.sha256.slice(0, SHOWN_LETTERS)}</code> · ${t(`models.state.${model.state}`)}</p>
          <ul class="small dim">${model.events.map((event) => html`
            <li key=${event.at}>${dateTime(event.at)} ${event.by}: ${t(`models.event.${event.action}`)}${event.outcome ? ` (${event.outcome})` : ""} <code>${event.evidence?.slice(0, SHOWN_LETTERS)}</code></li>`)}</ul>
          <div class="row"><${Actions} model=${model} act=${act} /></div>
        </article>`)}
    </section>`;
}

function Actions({ model, act }) {
  const path = `v1/models/${model.sha256}`;
  if (model.state === "production") return html`<button onClick=${() => act("v1/models/rollback")}>${t("models.rollback")}</button>`;
  return html`
    <button onClick=${() => act(`${path}/promote`)}>${t("models.promote")}</button>
    ${model.state === "candidate" && html`<button onClick=${() => act(`${path}/shadow`, { share: SHADOW_PERCENT / 100 })}>${t("models.shadow_on", { percent: SHADOW_PERCENT })}</button>`}
    ${model.state === "shadow" && html`<button onClick=${() => act(`${path}/shadow`, { share: 0 })}>${t("models.shadow_off")}</button>`}
    ${model.state !== "retired" && html`<button onClick=${() => act(`${path}/retire`)}>${t("models.retire")}</button>`}`;
}

/** How the model in shadow agrees with production. */
function Shadow({ figures }) {
  const points = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  return html`
    <section>
      <h3>${t("models.shadow")}</h3>
      <p>${t("models.shadow_films", { films: figures.films, both: figures.both_scored, here: figures.refused_here, there: figures.refused_there })}</p>
      ${figures.scales.length > 0 && html`
        <table>
          <thead><tr><th>${t("models.feature")}</th><th>${t("models.difference")}</th><th>${t("models.limits")}</th><th>r</th></tr></thead>
          <tbody>${figures.scales.map((one) => html`
            <tr key=${one.scale}><td>${t(`models.feature.${one.scale}`)}</td><td>${points(one.mean)}</td><td>${points(one.low)} – ${points(one.high)}</td><td>${one.r?.toFixed(3) ?? "–"}</td></tr>`)}</tbody>
        </table>`}
      ${figures.shadow_ms !== null && html`<p class="dim">${t("models.timing", { production: Math.round(figures.production_ms), shadow: Math.round(figures.shadow_ms) })}</p>`}
    </section>`;
}

/** How films and scores compare with earlier ones: a table and charts. */
function Watch({ state }) {
  const chart = state.agreement;
  return html`
    <section>
      <h3>${t("models.watch")}</h3>
      <p class="dim">${t("models.films", { count: state.films })} ${state.site === "learning" ? t("models.learning") : ""} ${state.reference === "absent" ? t("models.no_reference") : ""}</p>
      ${state.drifts.length > 0 && html`
        <table>
          <thead><tr><th>${t("models.feature")}</th><th>${t("models.against")}</th><th>${t("models.window")}</th><th>PSI</th><th>p</th></tr></thead>
          <tbody>${state.drifts.map((drift) => html`
            <tr key=${`${drift.feature} ${drift.against} ${drift.films}`} class=${drift.alarm ? "error" : ""}>
              <td>${t(`models.feature.${drift.feature}`)}</td><td>${t(`models.against.${drift.against}`)}</td><td>${drift.films}</td><td>${drift.psi.toFixed(2)}</td><td>${drift.p.toPrecision(2)}</td>
            </tr>`)}</tbody>
        </table>`}
      <div class="charts">
        ${Object.entries(state.series).map(([name, points]) => html`<${SeriesChart} key=${name} label=${t(`models.feature.${name}`)} points=${points} />`)}
        <${SeriesChart} label=${t("models.feature.agreement")} points=${chart.points} low=${chart.low} high=${chart.high} />
      </div>
    </section>`;
}
