/** Pictures of films: at a screen's size first, then whole; the last ones stay in memory. */

import { useLayoutEffect, useMemo, useState } from "../vendor/preact.js";
import { getBytes } from "../api.js";
import { previewOf } from "../viewer/preview.js";
import { wholeFilm } from "../viewer/whole_films.js";

const KEPT_PREVIEWS = 24;
const KEPT_WHOLE = 8;
const SETTLED_MS = 150; // who leafs through films wants none of them whole

/** What was loaded last, by key; asked for twice, it is loaded once. */
class Recent {
  #most;
  #entries = new Map();

  constructor(most) {
    this.#most = most;
  }

  /** Return what is loaded already, null if it is not. */
  known(key) {
    return this.#entries.get(key)?.value ?? null;
  }

  get(key, load) {
    const entry = this.#entries.get(key) ?? this.#begin(key, load);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of [...this.#entries.keys()].slice(0, -this.#most)) this.#entries.delete(oldest);
    return entry.loading;
  }

  #begin(key, load) {
    const entry = { value: null, loading: load() };
    entry.loading.then(
      (value) => { entry.value = value; },
      () => { if (this.#entries.get(key) === entry) this.#entries.delete(key); },
    );
    return entry;
  }
}

const previews = new Recent(KEPT_PREVIEWS);
const wholes = new Recent(KEPT_WHOLE);
const keyOf = (id, unread) => (unread ? `${id} unread` : id);

/** Return a film as a viewer shows it at a screen's size, {view, pixels, maps, derived}. */
export const loadPreview = (id, unread) =>
  previews.get(keyOf(id, unread), async () => previewOf(await getBytes(`v1/results/${id}/preview`)));

const loadWhole = (id, unread, { view, maps }) => wholes.get(keyOf(id, unread), async () => {
  const packed = await getBytes(`v1/results/${id}/pixels?packed=true`);
  return { view, maps, ...await wholeFilm(packed, view) };
});

/**
 * Return {value: {view, pixels, maps, derived}, problem}: the film at a screen's size, and whole once
 * it was looked at for a moment. `ready`: the film was decoded. A withdrawn result's maps are not shown.
 */
export function useFilmImage(id, ready, { withdrawn, unread }) {
  const [state, setState] = useState(() => ({ image: ready ? known(id, unread) : null, problem: null }));
  useLayoutEffect(() => {
    if (!ready) return undefined;
    let isWanted = true;
    let timer;
    const show = (image) => { if (isWanted) setState({ image, problem: null }); };
    const fail = (problem) => { if (isWanted) setState((old) => ({ ...old, problem })); };
    const complete = (preview) => {
      show(wholes.known(keyOf(id, unread)) ?? preview);
      if (preview.derived.reach > 1 && isWanted) timer = setTimeout(() => loadWhole(id, unread, preview).then(show, fail), SETTLED_MS);
    };
    loadPreview(id, unread).then(complete, fail);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [id, ready, unread]);
  const value = useMemo(() => state.image && (withdrawn ? withoutMaps(state.image) : state.image), [state.image, withdrawn]);
  return { value, problem: state.problem };
}

const known = (id, unread) => wholes.known(keyOf(id, unread)) ?? previews.known(keyOf(id, unread));

const withoutMaps = (image) => ({ ...image, view: { ...image.view, maps: null }, maps: null });
