/** The toolbar's icons: strokes on a field of 16 by 16. */

import { html } from "../vendor/preact.js";

const STROKES = {
  window: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  pan: "M8 2v12M2 8h12M8 2 6 4m2-2 2 2M8 14l-2-2m2 2 2-2M2 8l2-2M2 8l2 2m10-2-2-2m2 2-2 2",
  zoom: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm3 7 4 4M5 7h4M7 5v4",
  magnifier: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  length: "M2 12 12 2m2 2-2-2-1-1M1 11l3 3M5 9l1.500 1.500M8 6l1.500 1.500",
  angle: "M13 13H3L10 3M8 13a5 5 0 0 0-2-4",
  region: "M8 4C4 4 2 6 2 8s2 4 6 4 6-2 6-4-2-4-6-4z",
  invert: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 2v8M6 5v6M4 7v2",
  mirror: "M8 2v12M6 5 2 11h4zM10 5l4 6h-4z",
  rotate: "M13 8a5 5 0 1 1-2-4M11 1v3.500H7.500",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  hang_1: "M3 3h10v10H3z",
  hang_2: "M2 3h12v10H2zM8 3v10",
  hang_4: "M2 2h12v12H2zM8 2v12M2 8h12",
  align: "M2 8h12M6 3C4 3 3 6 3 9s1 4 3 4zM10 3c2 0 3 3 3 6s-1 4-3 4z",
  swap: "M2 5h11l-3-3M14 11H3l3 3",
  blink: "M2 8c3-5 9-5 12 0-3 5-9 5-12 0zm6-2a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  cine: "M4 2.500v11l9-5.500z",
  reset: "M3 8a5 5 0 1 0 2-4M5 1v3.500h3.500",
};

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d=${STROKES[name]} /></svg>`;
