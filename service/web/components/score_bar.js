/** A scale from end to end, on it the interval, and a tick at the value. */

import { html } from "../vendor/preact.js";

/** `scale`: {value, range, interval}; the numbers stand beside it in words, so it is decoration. */
export function Bar({ scale: { value, range: [low, high], interval: [from, to] } }) {
  const place = (number) => (100 * (number - low)) / (high - low);
  const width = Math.max(1, place(to) - place(from));
  return html`
    <svg class="bar-scale" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" x="0" y="3" width="100" height="2" />
      <rect class="interval" x=${place(from)} y="2" width=${width} height="4" />
      <rect class="tick" x=${Math.min(98.5, Math.max(0, place(value) - 0.75))} y="0" width="1.5" height="8" />
    </svg>`;
}
