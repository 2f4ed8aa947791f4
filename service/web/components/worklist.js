/** The list of films beside the viewer, from every source, with their grading. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { acquired, dateTime, isUnlikelyAcquisition, isUnlikelyBirth, range, score } from "../format.js";
import { messageText, problemText, t } from "../words.js";
import { isUnread } from "./film_data.js";
import { PatientName } from "./patient_name.js";
import { prefetch } from "./prefetch.js";
import { ScoreBar } from "./score_bar.js";
import { Filters, NO_FILTERS, query } from "./worklist_filters.js";
import { Rows } from "./worklist_rows.js";
import { merged } from "./worklist_order.js";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;
const GROUPED_KEY = "radiograde.grouped";

/** Return the list and what changes it: {films, next, filters, setFilters, more, update, reload, ...}. */
export function useWorklist() {
  const [filters, setFilters] = useState(NO_FILTERS);
  const [state, setState] = useState({ films: [], next: null, problem: null, loaded: false });
  const [round, setRound] = useState(0);
  const [length, setLength] = useState(PAGE_SIZE);
  const [grouped, setGrouped] = useState(localStorage.getItem(GROUPED_KEY) === "yes");
  const filtersRef = useRef(null);
  const shown = useRef(filters);
  shown.current = filters;
  const isLoading = useRef(false);
  const isOutdated = useRef(false);
  const reload = () => setRound((number) => number + 1);
  const fail = (problem) => setState((old) => ({ ...old, problem }));
  useEffect(() => {
    const abort = new AbortController();
    isLoading.current = true;
    isOutdated.current = false;
    const ended = () => {
      isLoading.current = false;
      if (isOutdated.current) reload();
    };
    getJson(`v1/worklist?${query(filters, length)}`, abort.signal).then(
      ({ films, next }) => { setState({ films, next, problem: null, loaded: true }); ended(); },
      (problem) => { if (!abort.signal.aborted) { fail(problem); ended(); } },
    );
    return () => abort.abort();
  }, [filters, length, round]);

  /** Fetch the rows of films that changed, and put them where they belong. */
  const update = async (ids) => {
    if (isLoading.current) {
      // What is on its way may be from before the change.
      isOutdated.current = true;
    } else if (ids.length > MAX_PAGE_SIZE) {
      reload();
    } else {
      const asked = query(filters, MAX_PAGE_SIZE, { id: ids });
      const fresh = await getJson(`v1/worklist?${asked}`).catch(() => null);
      if (fresh === null) reload();
      else if (shown.current === filters) setState((old) => merged(old, ids, fresh.films, filters.order));
    }
  };
  const more = async () => {
    if (length < MAX_PAGE_SIZE) {
      setLength(Math.min(MAX_PAGE_SIZE, length + PAGE_SIZE));
      return;
    }
    await getJson(`v1/worklist?${query(filters, MAX_PAGE_SIZE, { after: state.next })}`).then(
      ({ films, next }) => setState((old) => ({ ...old, films: [...old.films, ...films], next, problem: null })),
      fail,
    );
  };
  return {
    ...state, filters, more, update, reload, filtersRef, grouped,
    setGrouped: (wanted) => { localStorage.setItem(GROUPED_KEY, wanted ? "yes" : "no"); setGrouped(wanted); },
    setFilters: (wanted) => { setLength(PAGE_SIZE); setFilters(wanted); },
    focusFilters: () => { filtersRef.current.querySelector("details").open = true; filtersRef.current.querySelector("select").focus(); },
    focusSearch: () => filtersRef.current.querySelector("input").focus(),
  };
}

export function Worklist({ worklist, selected, href, identifiers, readsFirst, user }) {
  const { films, next, loaded, problem, filters, grouped } = worklist;
  const filtered = filters !== NO_FILTERS;
  const isListed = films.some(({ id }) => id === selected);
  useEffect(() => {
    document.querySelector(".card[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [selected, isListed]);
  const row = (film) => html`
    <a href=${href(film.id)} class=${`card ${film.withdrawn ? "withdrawn" : film.severity ?? film.status}`} aria-current=${film.id === selected ? "true" : null} onPointerDown=${() => prefetch(film)}>
      <${Card} film=${film} />
    </a>`;
  return html`
    <nav class="worklist" aria-labelledby="films">
      <${Filters} worklist=${worklist} identifiers=${identifiers} readsFirst=${readsFirst} user=${user} />
      ${problem && html`<p class="error" role="alert">${problemText(problem)}</p>`}
      ${loaded && !films.length && html`<p class="dim">${t(filtered ? "worklist.none_match" : "worklist.empty")}</p>`}
      <${Rows} films=${films} row=${row} selected=${selected} grouped=${grouped} />
      ${next && html`<${More} key=${films.length} load=${worklist.more} />`}
    </nav>`;
}

/** Loads the next films when it comes into view, or is pressed. */
function More({ load }) {
  const button = useRef(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      observer.disconnect();
      load();
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, []);
  return html`<button ref=${button} onClick=${load}>${t("worklist.more")}</button>`;
}

function Card({ film }) {
  const { brixia } = film;
  const status = film.withdrawn ? "withdrawn" : film.status;
  return html`
    <span class="score">${brixia ? score(brixia.value) : status === "waiting" ? html`<span class="working" />` : "–"}</span>
    <span class="summary">
      <span class="patient"><${PatientName} patient=${film.patient} /></span>
      ${film.accession && html`<span class="facts">${t("panel.accession", { number: film.accession })}</span>`}
      <span class="facts"><${Dates} film=${film} /></span>
      ${brixia
        ? html`<span class="finding"><span class="severity">${t(`severity.${film.severity}`)}</span> <${ScoreBar} scale=${brixia} /> <span class="dim">${range(brixia.interval)}</span></span>`
        : html`<span class="finding"><span class="severity">${t(isUnread(film) ? "read_first.row" : `status.${status}`)}</span></span><span class="facts">${reasonOf(film)}</span>`}
      <${Tags} film=${film} />
    </span>`;
}

function Tags({ film }) {
  const { review, delivery } = film;
  const warnings = film.reasons.filter(({ level }) => level === "warn").length;
  const tags = [
    film.prior && ["prior", t("row.prior")],
    film.assigned && ["", `→ ${film.assigned}`],
    review && ["reviewed", t("row.reviewed")],
    delivery && [`delivery-${delivery}`, t(`row.delivery.${delivery}`)],
    hasUnlikelyDate(film) && ["", t("date.unlikely")],
    warnings > 0 && ["", t("row.warnings", { count: warnings })],
  ].filter(Boolean);
  return tags.length > 0 && html`<span class="tags">${tags.map(([kind, text]) => html`<span class=${`tag ${kind}`}>${text}</span>`)}</span>`;
}

/** The birth date may be cut off in a narrow list, and its mark with it. */
const hasUnlikelyDate = (film) =>
  isUnlikelyAcquisition(film) || Boolean(film.patient?.birth_date && isUnlikelyBirth(film.patient.birth_date));

/** Why a film was not graded; empty where it was, or is waiting. */
function reasonOf({ reasons, error }) {
  const cause = error ?? reasons.find(({ level }) => level === "reject");
  return cause ? messageText(cause) : "";
}

/** View, acquisition and receipt, none of them broken over two lines: the list is ordered by one of the two times. */
function Dates({ film }) {
  const facts = [
    film.view && t(`view.${film.view}`),
    film.taken && acquired(film.taken),
    t("row.received", { when: dateTime(film.received) }),
  ].filter(Boolean);
  return facts.map((fact, index) => html`${index > 0 && " · "}<span class="unbroken">${fact}</span>`);
}
