/** The annotations over the film: sides, zones with their scores, scale bar, window, remarks. */

import { html } from "../vendor/preact.js";
import { score } from "../format.js";
import { t } from "../words.js";
import { longestSide } from "../viewer/spacing.js";
import { MeasurementLayer } from "./measurement_layer.js";
import { Magnifier, PixelValue } from "./pointer_tools.js";
import { gradeClass } from "./score_bar.js";
import { placedLabels } from "./zone_labels.js";

const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
const SHORTEST_BAR_PX = 30;
const LONGEST_BAR_PX = 180;
const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };

export function Annotations({ viewer, view, result, display }) {
  const { window: { center, width } } = viewer.state;
  const right = viewer.sideOfLeft; // of the screen: the patient's right is the film's left
  const notes = notesOf(viewer, view);
  return html`
    <div class="annotations" aria-hidden="true">
      ${display.numbers && result?.scores && html`<${ZoneLabels} viewer=${viewer} zones=${result.scores.brixia.zones} notes=${notes.length} />`}
      <${MeasurementLayer} viewer=${viewer} />
      <span class=${`side-mark at-${right}`}>${t("side.R")}</span>
      <span class=${`side-mark at-${OPPOSITE[right]}`}>${t("side.L")}</span>
      ${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
      <span class="readout">
        <${PixelValue} viewer=${viewer} />
        ${center !== undefined && html`<span>${t("viewer.window", { center: Math.round(center), width: Math.round(width) })}</span>`}
        <span>${t("viewer.zoom", { percent: zoomPercent(viewer) })}</span>
      </span>
      ${viewer.spacing && html`<${ScaleBar} viewer=${viewer} />`}
      ${display.magnifier && html`<${Magnifier} viewer=${viewer} />`}
    </div>`;
}

/** What is to be known of how the film is displayed. */
function notesOf(viewer, view) {
  const { mirrored, invert, turns } = viewer.state;
  const { known, flipped } = view.orientation;
  return [
    mirrored && t("viewer.mirrored"),
    turns > 0 && t("viewer.rotated", { degrees: 90 * turns }),
    invert && t("viewer.inverted"),
    viewer.reduced && t("viewer.reduced"),
    flipped.some(Boolean) && t("viewer.flipped"),
    !known && t("viewer.assumed"),
    view.spacing_mm && !viewer.spacing && t("viewer.no_scale", { length: Math.round(longestSide(view) / 10) }),
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

/** A bar of a round length, only where the pixel spacing is believed. */
function ScaleBar({ viewer }) {
  const mm = viewer.mmPerPixel();
  const length = mm && LENGTHS_MM.findLast((candidate) => candidate / mm <= LONGEST_BAR_PX);
  if (!length || length / mm < SHORTEST_BAR_PX) return null;
  const label = length >= 10 ? t("viewer.cm", { length: length / 10 }) : t("viewer.mm", { length });
  return html`<span class="scale-bar" ref=${(node) => { if (node) node.style.width = `${length / mm}px`; }}><span>${label} <small>${t(`measure.${viewer.spacing.origin}`)}</small></span></span>`;
}

/** Screen pixels per film pixel, in percent. */
function zoomPercent(viewer) {
  return Math.round(100 * viewer.pixelScale);
}

/** Return a ref that moves an element to (x, y) CSS pixels; the content security policy allows no style attributes. */
const moveTo = (x, y) => (node) => {
  if (node) node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
};
