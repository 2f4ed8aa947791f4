/** The films of one patient over time, with what changed from one to the next. */

import { html, useEffect, useRef } from "../vendor/preact.js";
import { isUnlikelyAcquisition, score, signed } from "../format.js";
import { t } from "../words.js";
import { CourseChart, dateOf } from "./course_chart.js";
import { isDisplayable, isUnread } from "./film_data.js";
import { PriorsNote } from "./priors_note.js";

/**
 * Return what changed, as [{verdict, text}]: since the patient's prior film, then since the first.
 * Scores of two models are not compared, so their difference is left out.
 */
export function changesOf({ row, history }) {
  const { change, since_first: sinceFirst } = history.films.find(({ id }) => id === row.id) ?? {};
  return [[change, "time.change"], [sinceFirst, "time.change_first"]].filter(([found]) => found).map(([found, key]) => ({
    verdict: found.verdict,
    text: t(found.verdict === "other_model" ? `${key}_other_model` : key, { delta: signed(found.delta), verdict: t(`time.${found.verdict}`) }),
  }));
}

/** `fetchesPriors`: earlier films are asked for, as they are for whoever reads the clinical pool. */
export function Timeline({ history, row, id, comparedIds, href, fetchesPriors }) {
  const { films, repeatability } = history;
  const strip = useRef(null);
  useEffect(() => {
    const item = strip.current?.querySelector("[aria-current]").parentElement;
    // Of this strip alone: scrollIntoView would move the whole page on a phone.
    if (item) strip.current.scrollLeft = item.offsetLeft - (strip.current.clientWidth - item.clientWidth) / 2;
  }, [id, films.length]);
  if (films.length < 2) {
    return html`<section class="timeline alone"><p class="dim">${t(row.patient ? "time.only" : "time.unknown")}</p>${fetchesPriors && html`<${PriorsNote} id=${id} />`}</section>`;
  }
  const limit = repeatability === null ? t("time.no_limit") : t("time.limit", { limit: score(repeatability) });
  return html`
    <section class="timeline" aria-labelledby="over-time">
      <h2 id="over-time">${t("time.title")} <span class="dim">${limit}</span></h2>
      ${fetchesPriors && html`<${PriorsNote} id=${id} />`}
      <${CourseChart} films=${films} current=${id} />
      <div ref=${strip} class="scroll" tabindex="0" role="group" aria-labelledby="over-time">
        <ol>
          ${films.map((film) => html`
            <li key=${film.id}>
              <a href=${href(film.id)} aria-current=${film.id === id ? "true" : null} class=${film.id !== id && comparedIds.includes(film.id) ? "compared" : null}>
                ${isDisplayable(film) && html`<img src=${`v1/results/${film.id}/thumbnail.jpg`} alt="" loading="lazy" />`}
                <span class="entry">
                  <span class="date">${dateOf(film, films)}${isUnlikelyAcquisition(film) && html` <span class="doubt">${t("date.unlikely")}</span>`}</span>
                  <span><b>${film.brixia ? score(film.brixia.value) : "–"}</b> ${t(isUnread(film) ? "read_first.row" : `severity.${film.severity ?? "unknown"}`)}</span>
                  ${film.change ? html`<${Change} change=${film.change} />` : film.id === films[0].id && html`<span class="dim">${t("time.first")}</span>`}
                  ${film.prior && html`<span class="dim">${t("time.prior")}</span>`}
                  ${film.regraded && html`<span class="dim">${t("time.regraded")}</span>`}
                  ${film.since_first && html`<${SinceFirst} change=${film.since_first} />`}
                </span>
              </a>
            </li>`)}
        </ol>
      </div>
    </section>`;
}

function Change({ change: { delta, verdict } }) {
  const by = verdict === "other_model" ? "" : `${signed(delta)} `;
  return html`<span class=${`change ${verdict}`}>${by}${t(`time.${verdict}`)}</span>`;
}

/** The difference from the first film; the verdict is written where there is one to give. */
function SinceFirst({ change: { delta, verdict } }) {
  if (verdict === "other_model") return null;
  const isCertain = verdict === "better" || verdict === "worse";
  const difference = t("time.since_first", { delta: signed(delta) });
  return html`<span class=${`change ${verdict}`}>${difference}${isCertain && `, ${t(`time.${verdict}`)}`}</span>`;
}
