/** Films that came in by any door, with what was found: the list beside the viewer. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { moment, range, score, taken } from "../format.js";
import { problemWords, t, told } from "../words.js";
import { Bar } from "./score_bar.js";
import { expect, hasPicture } from "./film_data.js";
import { Filters, NO_FILTERS, query } from "./worklist_filters.js";
import { Who } from "./patient_name.js";

const PAGE = 50;
const MOST = 200;

/** Return the list and what changes it: {films, next, filters, setFilters, more, again, ...}. */
export function useWorklist() {
  const [filters, setFilters] = useState(NO_FILTERS);
  const [state, setState] = useState({ films: [], next: null, problem: null, loaded: false });
  const [round, setRound] = useState(0);
  const [length, setLength] = useState(PAGE);
  const box = useRef(null);
  useEffect(() => {
    const stop = new AbortController();
    getJson(`v1/worklist?${query(filters, length)}`, stop.signal).then(
      ({ films, next }) => setState({ films, next, problem: null, loaded: true }),
      (problem) => stop.signal.aborted || setState((old) => ({ ...old, problem })),
    );
    return () => stop.abort();
  }, [filters, length, round]);
  const more = async () => {
    if (length < MOST) {
      setLength(Math.min(MOST, length + PAGE));
      return;
    }
    const { films, next } = await getJson(`v1/worklist?${query(filters, MOST, state.next)}`);
    setState((old) => ({ ...old, films: [...old.films, ...films], next }));
  };
  return {
    ...state, filters, more, box,
    setFilters: (chosen) => { setLength(PAGE); setFilters(chosen); },
    again: () => setRound((number) => number + 1),
    focusFilters: () => { box.current.open = true; box.current.querySelector("select").focus(); },
  };
}

export function Worklist({ worklist, chosen, href }) {
  const { films, next, loaded, problem, filters } = worklist;
  const filtered = filters !== NO_FILTERS;
  const isListed = films.some(({ id }) => id === chosen);
  useEffect(() => {
    document.querySelector(".card[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [chosen, isListed]);
  return html`
    <nav class="worklist" aria-labelledby="films">
      <h2 id="films">${t("worklist.title")}</h2>
      <${Filters} worklist=${worklist} />
      ${problem && html`<p class="fault" role="alert">${problemWords(problem)}</p>`}
      ${loaded && !films.length && html`<p class="dim">${t(filtered ? "worklist.none_match" : "worklist.empty")}</p>`}
      <ol>
        ${films.map((film) => html`
          <li key=${film.id}>
            <a href=${href(film.id)} class=${`card ${film.severity ?? film.status}`} aria-current=${film.id === chosen ? "true" : null} onPointerDown=${() => hasPicture(film) && expect(film.id)}>
              <${Card} film=${film} />
            </a>
          </li>`)}
      </ol>
      ${next && html`<button onClick=${worklist.more}>${t("worklist.more")}</button>`}
    </nav>`;
}

function Card({ film }) {
  const { brixia, review, status } = film;
  const warnings = film.reasons.filter(({ level }) => level === "warn").length;
  return html`
    <span class="mark">${brixia ? score(brixia.value) : "–"}</span>
    <span class="about">
      <span class="head"><${Who} patient=${film.patient} /></span>
      <span class="facts">${[film.view && t(`view.${film.view}`), when(film)].filter(Boolean).join(" · ")}</span>
      ${brixia
        ? html`<span class="found"><span class="word">${t(`severity.${film.severity}`)}</span> <${Bar} scale=${brixia} /> <span class="dim">${range(brixia.interval)}</span></span>`
        : html`<span class="found"><span class="word">${t(`status.${status}`)}</span></span><span class="facts">${why(film)}</span>`}
      ${(review || warnings > 0) && html`
        <span class="tags">
          ${review && html`<span class="tag done">${t("row.reviewed")}</span>`}
          ${warnings > 0 && html`<span class="tag">${t("row.warnings", { count: warnings })}</span>`}
        </span>`}
    </span>`;
}

/** Why a film was not graded; empty where it was, or waits. */
function why({ reasons, error }) {
  const cause = error ?? reasons.find(({ level }) => level === "reject");
  return cause ? told(cause) : "";
}

const when = (film) => (film.taken ? taken(film.taken) : moment(film.received));
