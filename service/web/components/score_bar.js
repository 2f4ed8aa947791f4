/** How a score is drawn: as a bar with its interval, and by the colour of its grade. */

import { html } from "../vendor/preact.js";

const THINNEST_INTERVAL = 1; // percent of the bar
const TICK_WIDTH = 1.5;

/** `scale`: {value, range, interval}. The numbers are written beside it, so it is decorative. */
export function ScoreBar({ scale: { value, range: [low, high], interval: [from, to] } }) {
  const percent = (number) => (100 * (number - low)) / (high - low);
  const tick = Math.min(100 - TICK_WIDTH, Math.max(0, percent(value) - TICK_WIDTH / 2));
  return html`
    <svg class="score-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="3" width="100" height="2" />
      <rect class="interval" x=${percent(from)} y="2" width=${Math.max(THINNEST_INTERVAL, percent(to) - percent(from))} height="4" />
      <rect class="tick" x=${tick} y="0" width=${TICK_WIDTH} height="8" />
    </svg>`;
}

/** Return the CSS class of a zone's score, 0-3. */
export const gradeClass = (value) => `grade-${Math.min(3, Math.round(value))}`;
