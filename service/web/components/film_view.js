/** One film, or several of a patient side by side or in turn, with the result beside them. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { problemText, t } from "../words.js";
import { isUnread, useFilm } from "./film_data.js";
import { useFilmImage } from "./film_images.js";
import { LAYOUTS, courseOf, hangingOrder, useLayout, useTurn } from "./layout.js";
import { linkViewers } from "./linked_viewers.js";
import { ResultPanel } from "./result_panel.js";
import { useShortcuts } from "./shortcuts.js";
import { Timeline } from "./timeline.js";
import { INITIAL_DISPLAY, Toolbar } from "./toolbar.js";
import { viewerShortcuts } from "./viewer_shortcuts.js";
import { Viewport } from "./viewport.js";

/** `listed`: the row of the film in the list, where it is there; the picture need not wait for more. */
export function FilmView({ id, listed, comparedId, go, user, session, changes, announce, onRead }) {
  const film = useFilm(id, changes);
  const result = film.value?.result ?? null;
  const [display, setDisplay] = useState(INITIAL_DISPLAY);
  const history = film.value?.history;
  const hanging = useHanging({ id, comparedId, history, go, announce });
  const { shown, viewers } = hanging;
  const viewer = viewers[id] ?? null;
  const refs = { review: useRef(null), report: useRef(null), delivery: useRef(null) };
  const reset = () => {
    setDisplay(INITIAL_DISPLAY);
    for (const one of Object.values(viewers)) one?.reset();
  };
  useShortcuts({
    ...viewerShortcuts(viewer, display, setDisplay),
    ...hanging.actions,
    reset,
    accept: () => refs.review.current?.("accepted"),
    correct: () => refs.review.current?.("corrected"),
    not_gradable: () => refs.review.current?.("not_gradable"),
    copy: () => refs.report.current?.copy(),
    print: () => refs.report.current?.print(),
    deliver: () => refs.delivery.current?.(),
  });
  if (film.problem && !film.value) {
    return html`
      <main id="film" class="welcome" tabindex="-1">
        <p class="error" role="alert">${problemText(film.problem)}</p>
        <button onClick=${film.reload}>${t("problem.retry")}</button>
      </main>`;
  }
  const href = (one) => (comparedId && one !== id ? `#/film/${id}/${one}` : `#/film/${one}`);
  return html`
    <main id="film" class="film" tabindex="-1">
      <${Toolbar} viewer=${viewer} display=${display} setDisplay=${setDisplay} reset=${reset} hanging=${hanging} />
      <div class=${`viewports ${hanging.arrangement}`}>
        ${shown.map((one) => {
          const Shown = one === id ? FilmViewport : ComparedViewport;
          return html`<${Shown} key=${one} id=${one} listed=${listed} film=${film.value} changes=${changes} display=${display} isBehind=${hanging.isBehind(one)}
            onViewer=${(created) => hanging.setViewer(one, created)} caption=${shown.length > 1 && t(one === id ? "compare.this" : "compare.other")} />`;
        })}
      </div>
      ${history && html`<${Timeline} history=${history} row=${film.value.row} id=${id} comparedIds=${shown} href=${href} fetchesPriors=${user.pool} />`}
    </main>
    <${ResultPanel} film=${film.value} result=${result} user=${user} session=${session} changes=${changes} announce=${announce} onChanged=${film.reload} onRead=${onRead} refs=${refs} />`;
}

/**
 * Return the ids of the films that are `shown`, the open one last, how they are arranged, their
 * viewers by id, and the actions that change this. `comparedId`: the film that the address names.
 */
function useHanging({ id, comparedId, history, go, announce }) {
  const [count, setCount] = useLayout();
  const [sequence, setSequence] = useState(null); // "blink", "cine", or null: side by side
  const [aligned, setAligned] = useState(true);
  const [viewers, setViewers] = useState({});
  const order = history ? hangingOrder(history, id) : [];
  const others = comparedId ? [comparedId, ...order.filter((one) => one !== comparedId)] : order;
  const beside = others.slice(0, Math.max(count, comparedId ? 2 : 1) - 1).reverse();
  const shown = sequence === "cine" && history ? courseOf(history, id) : [...(sequence === "blink" ? others.slice(0, 1) : beside), id];
  const turn = useTurn(shown.length, sequence !== null);
  const linked = shown.map((one) => viewers[one]).filter(Boolean);
  const leader = viewers[id];
  const ordered = [leader, ...linked.filter((one) => one !== leader)];
  useEffect(() => (leader && ordered.length > 1 ? linkViewers(ordered, aligned) : undefined), [aligned, ...ordered]);
  const end = () => {
    setSequence(null);
    setCount(1);
    if (comparedId) go("film", id);
  };
  const withOthers = (run) => () => (others.length ? run() : announce(t("compare.none")));
  const play = (kind) => withOthers(() => setSequence(sequence === kind ? null : kind));
  const hang = (wanted) => {
    setSequence(null);
    if (wanted === 1) end();
    else withOthers(() => setCount(wanted))();
  };
  return {
    shown, viewers, sequence, aligned, count: sequence ? 0 : shown.length > 2 ? 4 : shown.length, hang, canCompare: others.length > 0,
    arrangement: sequence ? "stacked" : ["one", "two", "four", "four"][shown.length - 1],
    isBehind: (one) => sequence !== null && shown[turn] !== one,
    setViewer: (one, created) => setViewers((old) => ({ ...old, [one]: created })),
    actions: {
      compare: () => (shown.length > 1 ? end() : hang(2)),
      layout: () => hang(LAYOUTS[(LAYOUTS.findIndex((one) => one >= shown.length) + 1) % LAYOUTS.length]),
      swap: withOthers(() => go("film", others[0], id)),
      blink: play("blink"),
      cine: play("cine"),
      align: () => setAligned(!aligned),
      escape: () => (sequence ? setSequence(null) : comparedId && go("film", id)),
    },
  };
}

/** A film to compare with: loaded here, since it has no panel. */
function ComparedViewport({ id, changes, ...rest }) {
  const film = useFilm(id, changes);
  return html`<${FilmViewport} ...${rest} id=${id} listed=${null} film=${film.value} />`;
}

function FilmViewport({ id, listed, film, display, isBehind, onViewer, caption }) {
  const row = film?.row ?? listed;
  const readable = row?.status === "scored" || row?.status === "rejected";
  const shown = useFilmImage(id, readable, { withdrawn: Boolean(row?.withdrawn), unread: Boolean(row && isUnread(row)) });
  return html`<${Viewport} film=${film} image=${shown.value} problem=${shown.problem} readable=${readable} display=${display} isBehind=${isBehind} onViewer=${onViewer} caption=${caption} />`;
}
