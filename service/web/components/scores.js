/** Every scale of a scored film, with its interval. */

import { html } from "../vendor/preact.js";
import { range, score, share } from "../format.js";
import { t } from "../words.js";
import { Bar } from "./score_bar.js";
import { shadeOf } from "./place.js";
import { changeWords } from "./timeline.js";

const OTHER_SCALES = ["geographic_extent", "opacity"];

/** The zones as they lie on the film: a row from top to bottom, the patient's right first. */
export const ZONE_ROWS = [["A", "D"], ["B", "E"], ["C", "F"]];

/** `change`: against the film before, as the history has it; null where there is none. */
export function Scores({ result, change }) {
  const { scores, severity } = result;
  const { brixia, lung_involvement_percent: involved } = scores;
  const [low, high] = brixia.interval.map(score);
  return html`
    <section class="scores" aria-label=${t("panel.scores")}>
      <p class=${`headline ${severity}`}>
        <span class="value">${score(brixia.value)}</span>
        <span class="dim">/ ${brixia.range[1]}</span>
        <span class="word">${t(`severity.${severity}`)}</span>
      </p>
      <div class=${severity}><${Bar} scale=${brixia} /></div>
      <p class="sure">${t("scale.brixia")}. ${t("panel.sure", { level: Math.round(100 * brixia.level), low, high })}</p>
      ${change && html`<p class=${`change ${change.verdict}`}>${changeWords(change)}</p>`}
      <${Zones} zones=${brixia.zones} />
      <table class="scales">
        <tbody>
          ${OTHER_SCALES.map((name) => html`<${Line} key=${name} name=${name} scale=${scores[name]} />`)}
          <tr>
            <th scope="row">${t("scale.involvement")}</th>
            <td>${share(involved.total)}</td>
            <td class="dim">${t("side.R")} ${share(involved.right)}, ${t("side.L")} ${share(involved.left)}</td>
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
          <tr key=${row}>${row.map((name) => html`<td key=${name} class=${shadeOf(zones[name].value)}><${Zone} name=${name} zone=${zones[name]} /></td>`)}</tr>`)}
      </tbody>
    </table>`;
}

function Zone({ name, zone }) {
  return html`
    <span class="name">${name} <span class="dim">${t(`zone.${name}`)}</span></span>
    <span><b>${score(zone.value)}</b> <span class="dim">${range(zone.interval)}</span></span>
    <${Bar} scale=${zone} />`;
}
