/** Every scale of a scored film, with its interval. */

import { html } from "../vendor/preact.js";
import { percent, range, score } from "../format.js";
import { t } from "../words.js";
import { ScoreBar, gradeClass } from "./score_bar.js";

const OTHER_SCALES = ["geographic_extent", "opacity"];

/** The zones as they lie on the film: a row from top to bottom, the patient's right first. */
export const ZONE_ROWS = [["A", "D"], ["B", "E"], ["C", "F"]];

/** `changes`: [{verdict, text}] since other films of the patient. */
export function Scores({ result, changes }) {
  const { scores, severity } = result;
  const { brixia, lung_involvement_percent: involved } = scores;
  const [low, high] = brixia.interval.map(score);
  return html`
    <section class="scores" aria-label=${t("panel.scores")}>
      <p class=${`headline ${severity}`}>
        <span class="value">${score(brixia.value)}</span>
        <span class="dim">/ ${brixia.range[1]}</span>
        <span class="severity">${t(`severity.${severity}`)}</span>
      </p>
      <div class=${severity}><${ScoreBar} scale=${brixia} /></div>
      <p class="interval-note">${t("scale.brixia")}. ${t("panel.sure", { level: Math.round(100 * brixia.level), low, high })}</p>
      ${changes.map(({ verdict, text }) => html`<p class=${`change ${verdict}`}>${text}</p>`)}
      <${Zones} zones=${brixia.zones} />
      <table class="scales">
        <tbody>
          ${OTHER_SCALES.map((name) => html`<${Line} key=${name} name=${name} scale=${scores[name]} />`)}
          <tr>
            <th scope="row">${t("scale.involvement")}</th>
            <td>${percent(involved.total)}</td>
            <td class="dim">${t("side.R")} ${percent(involved.right)}, ${t("side.L")} ${percent(involved.left)}</td>
          </tr>
        </tbody>
      </table>
    </section>`;
}

function Line({ name, scale }) {
  return html`
    <tr>
      <th scope="row">${t(`scale.${name}`)}</th>
      <td>${score(scale.value)} <span class="dim">/ ${scale.range[1]}</span></td>
      <td class="dim">${range(scale.interval)}</td>
    </tr>`;
}

function Zones({ zones }) {
  return html`
    <table class="zones">
      <caption>${t("panel.zones")} <span class="dim">${t("panel.zones_hint")}</span></caption>
      <thead><tr><th scope="col">${t("side.right")}</th><th scope="col">${t("side.left")}</th></tr></thead>
      <tbody>
        ${ZONE_ROWS.map((row) => html`
          <tr key=${row}>${row.map((name) => html`<td key=${name} class=${gradeClass(zones[name].value)}><${Zone} name=${name} zone=${zones[name]} /></td>`)}</tr>`)}
      </tbody>
    </table>`;
}

function Zone({ name, zone }) {
  return html`
    <span class="name">${name} <span class="dim">${t(`zone.${name}`)}</span></span>
    <span><b>${score(zone.value)}</b> <span class="dim">${range(zone.interval)}</span></span>
    <${ScoreBar} scale=${zone} />`;
}
