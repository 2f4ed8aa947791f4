/** What was measured, drawn over the film. */

import { html } from "../vendor/preact.js";
import { t } from "../words.js";

const GAP = 8; // CSS pixels between a measurement and its numbers
const CM_FROM_MM = 100;

export function MeasurementLayer({ viewer }) {
  const { measured, spacing, size: { width, height } } = viewer;
  if (!measured.length) return null;
  return html`
    <svg class="measurements" width=${width} height=${height}>
      ${measured.map((one, index) => html`<${Measurement} key=${index} one=${one} viewer=${viewer} origin=${spacing?.origin} />`)}
    </svg>`;
}

function Measurement({ one, viewer, origin }) {
  const points = one.points.map(({ x, y }) => viewer.toScreen(x, y));
  const last = points.at(-1);
  return html`
    <g class="measurement">
      ${one.kind === "region" ? html`<${Ellipse} points=${points} />` : html`<polyline points=${points.map(({ x, y }) => `${x},${y}`).join(" ")} />`}
      ${one.kind !== "region" && points.map(({ x, y }) => html`<circle cx=${x} cy=${y} r="3" />`)}
      ${linesOf(one, origin).map((line, index) => html`<text x=${last.x + GAP} y=${last.y + GAP + 15 * (index + 1)}>${line}</text>`)}
    </g>`;
}

function Ellipse({ points: [one, other] }) {
  return html`<ellipse cx=${(one.x + other.x) / 2} cy=${(one.y + other.y) / 2} rx=${Math.abs(one.x - other.x) / 2} ry=${Math.abs(one.y - other.y) / 2} />`;
}

/** The numbers of a measurement; millimetres say where they were measured. */
function linesOf({ kind, px, mm, degrees, mean, deviation, count, mm2 }, origin) {
  const where = origin && t(`measure.${origin}`);
  if (kind === "angle") return degrees === null ? [] : [t("measure.degrees", { value: degrees.toFixed(1) })];
  if (kind === "length") return mm === null ? [t("measure.px", { value: px.toFixed(0) }), t("measure.no_mm")] : [lengthText(mm), where];
  if (mean === null) return [];
  return [
    t("measure.mean", { mean: mean.toFixed(1), deviation: deviation.toFixed(1) }),
    mm2 === null ? t("measure.pixels", { count }) : t("measure.area", { value: (mm2 / CM_FROM_MM).toFixed(1) }),
    mm2 === null ? t("measure.no_mm") : where,
  ];
}

const lengthText = (mm) => t("measure.mm", { value: mm.toFixed(mm < 100 ? 1 : 0) });
