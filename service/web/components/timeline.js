/** The films of one patient over time: a chart of the score with its interval, and the changes. */

import { html, useEffect, useRef } from "../vendor/preact.js";
import { day, score, signed } from "../format.js";
import { t } from "../words.js";
import { isDisplayable } from "./film_data.js";

const FILM_WIDTH = 172;
const HEIGHT = 66;
const PADDING = 8;
const MAX_SCORE = 18;

/** Return the film to compare `id` with: the scored one before it, else the one after it, else null. */
export function comparisonFor(history, id) {
  const index = history.films.findIndex((film) => film.id === id);
  const usable = ({ kept, brixia }) => kept && brixia;
  return history.films.slice(0, index).findLast(usable) ?? history.films.slice(index + 1).find(usable) ?? null;
}

/** Return the change since the patient's prior film; null where there is none. */
export const changeOf = ({ row, history }) => history.films.find(({ id }) => id === row.id)?.change ?? null;

/** Return a change as text. Scores of two models are not compared, so it omits their difference. */
export const changeText = ({ delta, verdict }) =>
  verdict === "other_model"
    ? t("time.other_model")
    : t("time.change", { delta: signed(delta), verdict: t(`time.${verdict}`) });

export function Timeline({ history, row, id, comparedId, href }) {
  const { films, repeatability } = history;
  const strip = useRef(null);
  useEffect(() => {
    strip.current?.querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [id, films.length]);
  if (films.length < 2) {
    return html`<section class="timeline alone"><p class="dim">${t(row.patient ? "time.only" : "time.unknown")}</p></section>`;
  }
  const limit = repeatability === null ? t("time.no_limit") : t("time.limit", { limit: score(repeatability) });
  return html`
    <section class="timeline" aria-labelledby="over-time">
      <h2 id="over-time">${t("time.title")} <span class="dim">${limit}</span></h2>
      <div ref=${strip} class="scroll" tabindex="0" role="group" aria-labelledby="over-time">
        <${Chart} films=${films} />
        <ol>
          ${films.map((film) => html`
            <li key=${film.id}>
              <a href=${href(film.id)} aria-current=${film.id === id ? "true" : null} class=${film.id === comparedId ? "compared" : null}>
                ${isDisplayable(film) && html`<img src=${`v1/results/${film.id}/thumbnail.jpg`} alt="" loading="lazy" />`}
                <span class="entry">
                  <span class="date">${day(film.taken ?? film.received)}</span>
                  <span><b>${film.brixia ? score(film.brixia.value) : "–"}</b> ${t(`severity.${film.severity ?? "unknown"}`)}</span>
                  <${Change} change=${film.change} first=${film.id === films[0].id} />
                </span>
              </a>
            </li>`)}
        </ol>
      </div>
    </section>`;
}

function Change({ change, first }) {
  if (!change) return html`<span class="dim">${first ? t("time.first") : ""}</span>`;
  const { delta, verdict } = change;
  const by = verdict === "other_model" ? "" : `${signed(delta)} `;
  return html`<span class=${`change ${verdict}`}>${by}${t(`time.${verdict}`)}</span>`;
}

function Chart({ films }) {
  const y = (value) => PADDING + (HEIGHT - 2 * PADDING) * (1 - value / MAX_SCORE);
  const points = films
    .map((film, index) => ({ film, x: index * FILM_WIDTH + FILM_WIDTH / 2 }))
    .filter(({ film }) => film.brixia);
  const values = points.map(({ film }) => `${day(film.taken ?? film.received)} ${score(film.brixia.value)}`).join(", ");
  return html`
    <svg class="chart" role="img" width=${films.length * FILM_WIDTH} height=${HEIGHT} aria-label=${t("time.chart", { count: points.length, values })}>
      ${[0, 6, 12, 18].map((value) => html`<line key=${value} class="gridline" x1="0" x2=${films.length * FILM_WIDTH} y1=${y(value)} y2=${y(value)} />`)}
      ${[0, 18].map((value) => html`<text key=${`n${value}`} x="2" y=${y(value) + 4}>${value}</text>`)}
      <polyline class="trend" points=${points.map(({ film, x }) => `${x},${y(film.brixia.value)}`).join(" ")} />
      ${points.map(({ film, x }) => html`
        <g key=${film.id} class=${film.severity}>
          <line class="interval" x1=${x} x2=${x} y1=${y(film.brixia.interval[0])} y2=${y(film.brixia.interval[1])} />
          <circle cx=${x} cy=${y(film.brixia.value)} r="5" />
        </g>`)}
    </svg>`;
}
