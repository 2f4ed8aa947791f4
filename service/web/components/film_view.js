/** One film, or two side by side, with the result beside it. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { problemText, t } from "../words.js";
import { useFilm, useFilmPixels } from "./film_data.js";
import { linkViewers } from "./linked_viewers.js";
import { ResultPanel } from "./result_panel.js";
import { useShortcuts } from "./shortcuts.js";
import { Timeline, comparisonFor } from "./timeline.js";
import { INITIAL_DISPLAY, Toolbar } from "./toolbar.js";
import { viewerShortcuts } from "./viewer_shortcuts.js";
import { Viewport } from "./viewport.js";

export function FilmView({ id, comparedId, go, user, session, changes, announce }) {
  const film = useFilm(id, changes);
  const result = film.value?.result ?? null;
  const [display, setDisplay] = useState(INITIAL_DISPLAY);
  const [viewer, setViewer] = useState(null);
  const [comparedViewer, setComparedViewer] = useState(null);
  const refs = { review: useRef(null), report: useRef(null), delivery: useRef(null) };
  const history = film.value?.history;
  const comparison = history && comparisonFor(history, id);
  const compare = () => {
    if (comparedId) go("film", id);
    else if (comparison) go("film", id, comparison.id);
    else announce(t("compare.none"));
  };
  useEffect(() => (viewer && comparedViewer ? linkViewers(viewer, comparedViewer) : undefined), [viewer, comparedViewer]);
  useShortcuts({
    ...viewerShortcuts(viewer, display, setDisplay),
    compare,
    accept: () => refs.review.current?.("accepted"),
    correct: () => refs.review.current?.("corrected"),
    not_gradable: () => refs.review.current?.("not_gradable"),
    copy: () => refs.report.current?.copy(),
    print: () => refs.report.current?.print(),
    deliver: () => refs.delivery.current?.(),
    escape: () => comparedId && go("film", id),
  });
  if (film.problem && !film.value) {
    return html`
      <main id="film" class="welcome" tabindex="-1">
        <p class="error" role="alert">${problemText(film.problem)}</p>
        <button onClick=${film.reload}>${t("problem.retry")}</button>
      </main>`;
  }
  return html`
    <main id="film" class="film" tabindex="-1">
      <${Toolbar} viewer=${viewer} display=${display} setDisplay=${setDisplay} comparing=${Boolean(comparedId)} canCompare=${Boolean(comparedId || comparison)} compare=${compare} />
      <div class=${comparedId ? "viewports two" : "viewports"}>
        ${comparedId && html`<${ComparedViewport} key=${comparedId} id=${comparedId} display=${display} onViewer=${setComparedViewer} changes=${changes} />`}
        <${FilmViewport} id=${id} film=${film.value} display=${display} onViewer=${setViewer} caption=${comparedId && t("compare.this")} />
      </div>
      ${history && html`<${Timeline} history=${history} row=${film.value.row} id=${id} comparedId=${comparedId} href=${(one) => (comparedId && one !== id ? `#/film/${id}/${one}` : `#/film/${one}`)} />`}
    </main>
    <${ResultPanel} film=${film.value} result=${result} user=${user} session=${session} changes=${changes} announce=${announce} onChanged=${film.reload} refs=${refs} />`;
}

/** The film to compare with: loaded here, since it has no panel. */
function ComparedViewport({ id, display, onViewer, changes }) {
  const film = useFilm(id, changes);
  return html`<${FilmViewport} id=${id} film=${film.value} display=${display} onViewer=${onViewer} caption=${t("compare.other")} />`;
}

function FilmViewport({ id, film, display, onViewer, caption }) {
  const readable = film !== null && film.result !== null && film.result.status !== "failed";
  const pixels = useFilmPixels(id, readable, Boolean(film?.result?.withdrawn));
  return html`<${Viewport} film=${film} image=${pixels.value} problem=${pixels.problem} readable=${readable} display=${display} onViewer=${onViewer} caption=${caption} />`;
}
