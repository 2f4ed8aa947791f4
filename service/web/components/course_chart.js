/** The course of the score: each film at its time, with its interval. */

import { html, useRef } from "../vendor/preact.js";
import { acquired, day, dateTime, isUnlikelyAcquisition, localTime, score } from "../format.js";
import { useWidth } from "../hooks.js";
import { t } from "../words.js";

const HEIGHT = 66;
const AXIS = 14;
const PADDING = 8;
const LEFT = 24;
const RIGHT = 12;
const MAX_SCORE = 18;
const LABEL_WIDTH = 120;

/** Return when a film was acquired, else received; with the hour where another is of the same day. */
export function dateOf(film, films) {
  const written = film.taken ?? film.received;
  const isShared = films.filter((other) => day(other.taken ?? other.received) === day(written)).length > 1;
  if (!isShared) return day(written);
  return film.taken ? acquired(film.taken) : dateTime(film.received);
}

/** `current`: the id of the film that is open. */
export function CourseChart({ films, current }) {
  const box = useRef(null);
  const width = useWidth(box);
  const points = pointsOf(films, width);
  const values = points.map(({ film }) => `${dateOf(film, films)} ${score(film.brixia.value)}`).join(", ");
  return html`
    <div ref=${box} class="course">
      <svg class="chart" role="img" width=${width} height=${HEIGHT + AXIS} aria-label=${t("time.chart", { count: points.length, values })}>
        ${[0, 6, 12, 18].map((value) => html`<line key=${value} class="gridline" x1=${LEFT} x2=${width} y1=${y(value)} y2=${y(value)} />`)}
        ${[0, 18].map((value) => html`<text key=${`n${value}`} x="2" y=${y(value) + 4}>${value}</text>`)}
        ${labelled(points).map(({ film, x, anchor }) => html`<text key=${film.id} x=${x} y=${HEIGHT + AXIS - 3} text-anchor=${anchor}>${dateOf(film, films)}</text>`)}
        <polyline class="trend" points=${points.map(({ film, x }) => `${x},${y(film.brixia.value)}`).join(" ")} />
        ${points.map(({ film, x }) => html`
          <g key=${film.id} class=${`${film.severity} ${film.id === current ? "current" : ""}`}>
            <line class="interval" x1=${x} x2=${x} y1=${y(film.brixia.interval[0])} y2=${y(film.brixia.interval[1])} />
            <circle cx=${x} cy=${y(film.brixia.value)} r="5" />
          </g>`)}
      </svg>
    </div>`;
}

const y = (value) => PADDING + (HEIGHT - 2 * PADDING) * (1 - value / MAX_SCORE);

/**
 * Return [{film, x}] of the films that one model scored, in proportion to time. A date that cannot be right would
 * crowd all others together: such films are left out where two others remain.
 */
function pointsOf(films, width) {
  const scored = films.filter(({ brixia, other_model: isOfAnother }) => brixia && !isOfAnother);
  const dated = scored.filter((film) => !isUnlikelyAcquisition(film));
  const drawn = dated.length > 1 ? dated : scored;
  const times = drawn.map(({ taken, received }) => Number(taken ? localTime(taken) : new Date(received)));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const share = (time) => (last > first ? (time - first) / (last - first) : 0.5);
  return drawn.map((film, index) => ({ film, x: LEFT + PADDING + share(times[index]) * (width - LEFT - RIGHT - PADDING) }));
}

/** Return the points whose dates fit beside each other, the last one always, with their anchors. */
function labelled(points) {
  const last = points.at(-1);
  if (!last) return [];
  const found = [];
  for (const point of points.slice(0, -1)) {
    const isFree = (x) => Math.abs(point.x - x) >= LABEL_WIDTH;
    if (isFree(last.x) && (!found.length || isFree(found.at(-1).x))) found.push({ ...point, anchor: found.length ? "middle" : "start" });
  }
  return [...found, { ...last, anchor: points.length > 1 ? "end" : "middle" }];
}
