/** The annotations over the film: sides, zones with their scores, scale bar, window, remarks. */

import { html } from "../vendor/preact.js";
import { score } from "../format.js";
import { t } from "../words.js";
import { gradeClass } from "./score_bar.js";
import { placedLabels } from "./zone_labels.js";

const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
const SHORTEST_BAR_PX = 30;
const LONGEST_BAR_PX = 180;
// The longest side of a chest film, from cut to the lungs to the largest cassette.
const SHORTEST_FILM_MM = 120;
const LONGEST_FILM_MM = 600;

export function Annotations({ viewer, view, result, display }) {
  const { window: { center, width }, mirrored } = viewer.state;
  const [left, right] = mirrored ? ["L", "R"] : ["R", "L"];
  const notes = notesOf(viewer, view);
  return html`
    <div class="annotations" aria-hidden="true">
      ${display.zones && result?.scores && html`<${ZoneLabels} viewer=${viewer} zones=${result.scores.brixia.zones} notes=${notes.length} />`}
      <span class="side-mark at-left">${t(`side.${left}`)}</span>
      <span class="side-mark at-right">${t(`side.${right}`)}</span>
      ${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
      <span class="readout">
        ${center !== undefined && html`<span>${t("viewer.window", { center: Math.round(center), width: Math.round(width) })}</span>`}
        <span>${t("viewer.zoom", { percent: zoomPercent(viewer) })}</span>
      </span>
      ${isPlausible(view) && html`<${ScaleBar} viewer=${viewer} />`}
    </div>`;
}

/** What is to be known of how the film is displayed. */
function notesOf(viewer, view) {
  const { mirrored, invert } = viewer.state;
  const { known, flipped } = view.orientation;
  return [
    mirrored && t("viewer.mirrored"),
    invert && t("viewer.inverted"),
    viewer.reduced && t("viewer.reduced"),
    flipped.some(Boolean) && t("viewer.flipped"),
    !known && t("viewer.assumed"),
    view.spacing_mm && !isPlausible(view) && t("viewer.no_scale", { length: Math.round(longestSide(view) / 10) }),
  ].filter(Boolean);
}

/** Each zone's score at the lateral border of the lung. */
function ZoneLabels({ viewer, zones, notes }) {
  return placedLabels(viewer, notes).map(({ name, onLeft, x, y }) => {
    const { value, interval: [low, high] } = zones[name];
    return html`
      <span key=${name} class=${`zone-label ${onLeft ? "on-left" : "on-right"} ${gradeClass(value)}`} ref=${moveTo(x, y)}>
        <span class="box"><b>${score(value)}</b><small>${name} ${score(low)}–${score(high)}</small></span>
      </span>`;
  });
}

/** The film's longest side, in mm at the detector. */
const longestSide = ({ rows, columns, spacing_mm: [down, across] }) => Math.max(rows * down, columns * across);

/** Return whether a chest film can be as large as the file's pixel spacing says. */
function isPlausible(view) {
  if (!view.spacing_mm) return false;
  const length = longestSide(view);
  return length >= SHORTEST_FILM_MM && length <= LONGEST_FILM_MM;
}

/** A bar of a round length, only where the pixel spacing is known. */
function ScaleBar({ viewer }) {
  const mm = viewer.mmPerPixel();
  const length = mm && LENGTHS_MM.findLast((candidate) => candidate / mm <= LONGEST_BAR_PX);
  if (!length || length / mm < SHORTEST_BAR_PX) return null;
  const label = length >= 10 ? t("viewer.cm", { length: length / 10 }) : t("viewer.mm", { length });
  return html`<span class="scale-bar" title=${t("viewer.scale_hint")} ref=${(node) => { if (node) node.style.width = `${length / mm}px`; }}><span>${label}</span></span>`;
}

/** Screen pixels per film pixel, in percent. */
function zoomPercent(viewer) {
  const across = viewer.toScreen(100, 0).x - viewer.toScreen(0, 0).x;
  return Math.round(Math.abs(across) * devicePixelRatio);
}

/** Return a ref that moves an element to (x, y) CSS pixels; the content security policy allows no style attributes. */
const moveTo = (x, y) => (node) => {
  if (node) node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
};
