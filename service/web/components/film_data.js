/** Everything about one film, from the service; the last few films' pixels stay in memory. */

import { useEffect, useRef } from "../vendor/preact.js";
import { getBytes, getJson } from "../api.js";
import { ANY, useLoaded } from "../hooks.js";
import { unpacked } from "../viewer/packed_pixels.js";
import { prepare } from "../viewer/viewer_pool.js";

const CACHED_FILMS = 8;
const SETTLED_MS = 200;
const cache = new Map();

/**
 * Return {value: {row, result, history, statements, unread}, problem, reload}; `result` is null until
 * there is one, and while it is unread. The film is loaded again when it is among the changes, or
 * another of its patient's.
 */
export function useFilm(id, changes) {
  const film = useLoaded(async (signal) => {
    const row = await getJson(`v1/worklist/${id}`, signal);
    const done = row.status !== "waiting";
    const unread = isUnread(row);
    const load = (part, isShown) => (isShown ? getJson(`v1/results/${id}${part}`, signal) : null);
    const [history, result, said] = await Promise.all([
      load("/history", done),
      ...["", "/statement"].map((part) => load(part, done && !unread)),
    ]);
    const shown = result?.withdrawn ? withoutScores(result) : result;
    return { row, result: shown, history, statements: said?.statements ?? [], unread };
  }, [id]);
  useReloadOf(film, changes, (change) => change.id === id || isSamePatient(change, film.value?.row));
  return film;
}

/** The key of the text of why a film of the worklist has no result yet. */
export const waitingKey = ({ reasons }) =>
  reasons.some(({ code }) => code === "model_stopped") ? "panel.model_stopped" : "panel.waiting";

/** Nothing of a withdrawn result is to be read off the page. */
const withoutScores = (result) => ({ ...result, scores: null, severity: null });

const isSamePatient = ({ patient }, row) => Boolean(patient) && patient === row?.patient?.label;

/** Load again what was loaded when one of the changes concerns it, or any film may have changed. */
export function useReloadOf({ reload }, changes, concerns) {
  const known = useRef(changes);
  useEffect(() => {
    if (changes === known.current) return;
    known.current = changes;
    if (changes.some((change) => change.id === ANY || concerns(change))) reload();
  }, [changes]);
}

/** Return {value: {view, pixels, maps}, problem}; `ready`: the film was decoded. A withdrawn result's maps are not shown. */
export function useFilmPixels(id, ready, { withdrawn, unread }) {
  return useLoaded(async () => {
    if (!ready) return null;
    const image = await loadPixels(id, unread);
    return withdrawn ? { ...image, view: { ...image.view, maps: null }, maps: null } : image;
  }, [id, ready, withdrawn, unread]);
}

/** Return whether the service keeps the scores of a film back until this reader has graded it. */
export const isUnread = ({ unread }) => Boolean(unread);

/** Return whether a film of the worklist or a history can be displayed. */
export const isDisplayable = ({ kept, status }) => kept && (status === "scored" || status === "rejected");

/** Begin to load the pixels of a film of the worklist that is about to be opened. */
export const prefetch = (row) => (isDisplayable(row) ? loadPixels(row.id, isUnread(row)) : null);

/** Once the open film has been on the screen for a moment, have the one that follows it ready. */
export function usePrefetched(row, openId) {
  useEffect(() => {
    if (!row) return undefined;
    const timer = setTimeout(async () => {
      const image = await prefetch(row)?.catch(() => null);
      if (image) whenIdle(() => prepare(image.view, image.pixels, image.maps));
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [row?.id, openId]);
}

const whenIdle = (run) => (globalThis.requestIdleCallback ? requestIdleCallback(run) : setTimeout(run));

/** Return a film's pixels and maps; requested twice, they are fetched once. */
function loadPixels(id, unread) {
  const key = unread ? `${id} unread` : id;
  const loading = cache.get(key) ?? fetchPixels(id, unread);
  cache.delete(key);
  cache.set(key, loading);
  loading.catch(() => cache.delete(key));
  for (const oldest of [...cache.keys()].slice(0, -CACHED_FILMS)) cache.delete(oldest);
  return loading;
}

async function fetchPixels(id, unread) {
  const path = `v1/results/${id}`;
  const [view, pixels, maps] = await Promise.all([
    getJson(`${path}/view`),
    getBytes(`${path}/pixels?packed=true`),
    // A film that was not graded has no maps, and its view says so.
    unread ? null : getBytes(`${path}/maps`).catch((problem) => problem),
  ]);
  if (view.maps && maps instanceof Error) throw maps;
  return { view, pixels: await unpacked(pixels, view), maps: view.maps && new Uint8Array(maps) };
}
