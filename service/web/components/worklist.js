/** The list of films beside the viewer, from every source, with their grading. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { acquired, dateTime, range, score } from "../format.js";
import { messageText, problemText, t } from "../words.js";
import { isDisplayable, prefetch } from "./film_data.js";
import { PatientName } from "./patient_name.js";
import { ScoreBar } from "./score_bar.js";
import { Filters, NO_FILTERS, query } from "./worklist_filters.js";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/** Return the list and what changes it: {films, next, filters, setFilters, more, reload, ...}. */
export function useWorklist() {
  const [filters, setFilters] = useState(NO_FILTERS);
  const [state, setState] = useState({ films: [], next: null, problem: null, loaded: false });
  const [round, setRound] = useState(0);
  const [length, setLength] = useState(PAGE_SIZE);
  const filtersRef = useRef(null);
  useEffect(() => {
    const abort = new AbortController();
    getJson(`v1/worklist?${query(filters, length)}`, abort.signal).then(
      ({ films, next }) => setState({ films, next, problem: null, loaded: true }),
      (problem) => abort.signal.aborted || setState((old) => ({ ...old, problem })),
    );
    return () => abort.abort();
  }, [filters, length, round]);
  const more = async () => {
    if (length < MAX_PAGE_SIZE) {
      setLength(Math.min(MAX_PAGE_SIZE, length + PAGE_SIZE));
      return;
    }
    const { films, next } = await getJson(`v1/worklist?${query(filters, MAX_PAGE_SIZE, state.next)}`);
    setState((old) => ({ ...old, films: [...old.films, ...films], next }));
  };
  return {
    ...state, filters, more, filtersRef,
    setFilters: (wanted) => { setLength(PAGE_SIZE); setFilters(wanted); },
    reload: () => setRound((number) => number + 1),
    focusFilters: () => { filtersRef.current.open = true; filtersRef.current.querySelector("select").focus(); },
  };
}

export function Worklist({ worklist, selected, href }) {
  const { films, next, loaded, problem, filters } = worklist;
  const filtered = filters !== NO_FILTERS;
  const isListed = films.some(({ id }) => id === selected);
  useEffect(() => {
    document.querySelector(".card[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [selected, isListed]);
  return html`
    <nav class="worklist" aria-labelledby="films">
      <h2 id="films">${t("worklist.title")}</h2>
      <${Filters} worklist=${worklist} />
      ${problem && html`<p class="error" role="alert">${problemText(problem)}</p>`}
      ${loaded && !films.length && html`<p class="dim">${t(filtered ? "worklist.none_match" : "worklist.empty")}</p>`}
      <ol>
        ${films.map((film) => html`
          <li key=${film.id}>
            <a href=${href(film.id)} class=${`card ${film.severity ?? film.status}`} aria-current=${film.id === selected ? "true" : null} onPointerDown=${() => isDisplayable(film) && prefetch(film.id)}>
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
    <span class="score">${brixia ? score(brixia.value) : "–"}</span>
    <span class="summary">
      <span class="patient"><${PatientName} patient=${film.patient} /></span>
      <span class="facts">${[film.view && t(`view.${film.view}`), dateOf(film)].filter(Boolean).join(" · ")}</span>
      ${brixia
        ? html`<span class="finding"><span class="severity">${t(`severity.${film.severity}`)}</span> <${ScoreBar} scale=${brixia} /> <span class="dim">${range(brixia.interval)}</span></span>`
        : html`<span class="finding"><span class="severity">${t(`status.${status}`)}</span></span><span class="facts">${reasonOf(film)}</span>`}
      ${(review || warnings > 0) && html`
        <span class="tags">
          ${review && html`<span class="tag reviewed">${t("row.reviewed")}</span>`}
          ${warnings > 0 && html`<span class="tag">${t("row.warnings", { count: warnings })}</span>`}
        </span>`}
    </span>`;
}

/** Why a film was not graded; empty where it was, or is waiting. */
function reasonOf({ reasons, error }) {
  const cause = error ?? reasons.find(({ level }) => level === "reject");
  return cause ? messageText(cause) : "";
}

const dateOf = (film) => (film.taken ? acquired(film.taken) : dateTime(film.received));
