/** A figure in time: a small line, with the limits that it is to stay within where there are some. */

import { html } from "../vendor/preact.js";
import { t } from "../words.js";

const WIDTH = 280;
const HEIGHT = 70;
const PADDING = 6;

/** `points`: numbers in their order, null where none is known. */
export function SeriesChart({ label, points, low = null, high = null }) {
  const known = points.filter((value) => value !== null);
  if (known.length < 2) return null;
  const bounds = [...known, ...[low, high].filter((value) => value !== null)];
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  const x = (index) => PADDING + ((WIDTH - 2 * PADDING) * index) / Math.max(points.length - 1, 1);
  const y = (value) => HEIGHT - PADDING - ((HEIGHT - 2 * PADDING) * (value - least)) / (most - least || 1);
  const line = points.map((value, index) => (value === null ? null : `${x(index)},${y(value)}`)).filter(Boolean);
  const range = t("models.chart", { from: least.toPrecision(3), to: most.toPrecision(3) });
  return html`
    <figure class="series">
      <figcaption class="small">${label} <span class="dim">${range}</span></figcaption>
      <svg class="chart" role="img" width=${WIDTH} height=${HEIGHT} aria-label=${`${label}: ${range}`}>
        ${[low, high].filter((value) => value !== null).map((value) => html`<line key=${value} class="gridline" x1="0" x2=${WIDTH} y1=${y(value)} y2=${y(value)} />`)}
        <polyline class="trend" points=${line.join(" ")} />
      </svg>
    </figure>`;
}
