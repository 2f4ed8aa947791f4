/** A reading set: film after film, graded without scores, in the reader's own order. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";
import { loadPreview, useFilmImage } from "./film_images.js";
import { Correction, zonesOf } from "./review.js";
import { useShortcuts } from "./shortcuts.js";
import { INITIAL_DISPLAY } from "./toolbar.js";
import { viewerShortcuts } from "./viewer_shortcuts.js";
import { Viewport } from "./viewport.js";

const NO_ZONES = Object.freeze({});
const NO_FILM = Object.freeze({ row: {}, result: null, unread: true });

/** `id`: of the set. */
export function ReadingSet({ id, announce }) {
  const first = useLoaded((signal) => getJson(`v1/reading-sets/${id}/next`, signal), [id]);
  const [next, setNext] = useState(null);
  const shown = next ?? first.value;
  if (first.problem) return html`<main id="film" class="welcome" tabindex="-1"><p class="error" role="alert">${problemText(first.problem)}</p></main>`;
  if (!shown) return html`<main id="film" tabindex="-1" />`;
  if (shown.film === null) {
    return html`
      <main id="film" class="welcome" tabindex="-1">
        <h2>${shown.name}</h2>
        <p role="status">${t("reading_set.done", { count: shown.films })}</p>
        <a href="#/">${t("reading_set.back")}</a>
      </main>`;
  }
  return html`<${SetFilm} key=${shown.position} next=${shown} announce=${announce} onNext=${setNext} />`;
}

function SetFilm({ next, announce, onNext }) {
  const [viewer, setViewer] = useState(null);
  const [display, setDisplay] = useState(INITIAL_DISPLAY);
  const [error, setError] = useState("");
  const pixels = useFilmImage(next.film, true, { withdrawn: false, unread: true });
  useShortcuts(viewerShortcuts(viewer, display, setDisplay));
  useEffect(() => { document.getElementById("film").focus(); }, []);
  const commit = async (zones) => {
    try {
      const after = await postJson(`v1/reading-sets/${next.id}/readings`, { position: next.position, zones });
      if (after.film) loadPreview(after.film, true);
      announce(t("read_first.committed"));
      onNext(after);
    } catch (problem) {
      setError(problemText(problem));
    }
  };
  const submit = (event) => {
    event.preventDefault();
    commit(zonesOf(new FormData(event.target)));
  };
  return html`
    <main id="film" class="film" tabindex="-1">
      <div class="viewports one">
        <${Viewport} film=${NO_FILM} image=${pixels.value} problem=${pixels.problem} readable display=${display} isBehind=${false} onViewer=${setViewer} />
      </div>
    </main>
    <aside class="panel" aria-label=${next.name}>
      <section class="review read-first" aria-labelledby="reading-set">
        <h3 id="reading-set">${next.name} <span class="dim">${t("reading_set.place", { place: next.read + 1, of: next.films })}</span></h3>
        <p class="dim">${t("reading_set.why")}</p>
        <form onSubmit=${submit}>
          <${Correction} zones=${NO_ZONES} />
          <p class="error" role="alert">${error}</p>
          <div class="row">
            <button class="main">${t("reading_set.commit")}</button>
            <button type="button" onClick=${() => commit(null)}>${t("review.not_gradable")}</button>
          </div>
        </form>
      </section>
    </aside>`;
}

/** Links to the sets that the reader has still to read. */
export function ReadingSetLinks() {
  const own = useLoaded((signal) => getJson("v1/reading-sets", signal), []);
  const open = (own.value?.sets ?? []).filter(({ films, read }) => read < films);
  if (!open.length) return null;
  return html`
    <section aria-labelledby="reading-sets">
      <h3 id="reading-sets">${t("reading_set.title")}</h3>
      <ul>${open.map((one) => html`<li key=${one.id}><a href=${`#/reading/${one.id}`}>${t("reading_set.link", { name: one.name, read: one.read, of: one.films })}</a></li>`)}</ul>
    </section>`;
}
