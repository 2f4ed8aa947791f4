/** What is written over the film: sides, zones with their scores, scale bar, window, warnings. */

import { html } from "../vendor/preact.js";
import { score } from "../format.js";
import { t } from "../words.js";
import { at, shadeOf } from "./place.js";

const RIGHT = ["A", "B", "C"];
const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
const BAR_PX = [60, 180];
const LABEL_PX = 72;

export function Labels({ viewer, view, result, shown, room }) {
  const { window: { center, width }, mirrored, invert } = viewer.state;
  const [left, right] = mirrored ? ["L", "R"] : ["R", "L"];
  const { known, flipped } = view.orientation;
  const notes = [
    mirrored && t("viewer.mirrored"),
    invert && t("viewer.inverted"),
    viewer.reduced && t("viewer.reduced"),
    flipped.some(Boolean) && t("viewer.flipped"),
    !known && t("viewer.assumed"),
  ].filter(Boolean);
  return html`
    <div class="labels" aria-hidden="true">
      <span class="side-mark at-left">${t(`side.${left}`)}</span>
      <span class="side-mark at-right">${t(`side.${right}`)}</span>
      ${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
      <span class="numbers">
        ${center !== undefined && html`<span>${t("viewer.window", { center: Math.round(center), width: Math.round(width) })}</span>`}
        <span>${t("viewer.zoom", { percent: percentOf(viewer) })}</span>
      </span>
      <${ScaleBar} viewer=${viewer} />
      ${shown.zones && result?.scores && html`<${ZoneLabels} viewer=${viewer} zones=${result.scores.brixia.zones} room=${room} />`}
    </div>`;
}

/** Each zone's score at the outer border of its part of the lung. */
function ZoneLabels({ viewer, zones, room }) {
  const { mirrored } = viewer.state;
  return Object.entries(viewer.zonePlaces()).map(([name, { outer }]) => {
    const { x, y } = viewer.toScreen(outer.x, outer.y);
    const inside = Math.min(room - LABEL_PX, Math.max(LABEL_PX, x));
    const onLeft = RIGHT.includes(name) !== mirrored;
    const { value, interval: [low, high] } = zones[name];
    return html`
      <span key=${name} class=${`zone-label ${onLeft ? "on-left" : "on-right"} ${shadeOf(value)}`} ref=${at(inside, y)}>
        <span class="box"><b>${score(value)}</b><small>${name} ${score(low)}–${score(high)}</small></span>
      </span>`;
  });
}

/** A bar of a round length, only where the spacing is known. */
function ScaleBar({ viewer }) {
  const mm = viewer.mmPerPixel();
  const length = mm && LENGTHS_MM.findLast((candidate) => candidate / mm <= BAR_PX[1]);
  if (!length || length / mm < BAR_PX[0] / 2) return null;
  const words = length >= 10 ? t("viewer.cm", { length: length / 10 }) : t("viewer.mm", { length });
  return html`<span class="scale-bar" title=${t("viewer.scale_hint")} ref=${(node) => { if (node) node.style.width = `${length / mm}px`; }}><span>${words}</span></span>`;
}

/** Screen pixels to a film pixel, in percent. */
function percentOf(viewer) {
  const across = viewer.toScreen(100, 0).x - viewer.toScreen(0, 0).x;
  return Math.round(Math.abs(across) * devicePixelRatio);
}
