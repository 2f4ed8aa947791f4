/** Everything about one film, from the service; the last few films' pixels stay at hand. */

import { getBytes, getJson } from "../api.js";
import { useLoaded } from "../hooks.js";

const KEPT = 4;
const pictures = new Map();

/** Return {value: {row, result, history}, problem, again}; `result` is null until there is one. */
export function useFilm(id, pulse) {
  return useLoaded(async (signal) => {
    const row = await getJson(`v1/worklist/${id}`, signal);
    const done = row.status !== "waiting";
    const [result, history] = await Promise.all([
      done ? getJson(`v1/results/${id}`, signal) : null,
      done ? getJson(`v1/results/${id}/history`, signal) : null,
    ]);
    return { row, result, history };
  }, [id, pulse]);
}

/** Return {value: {view, pixels, maps}, problem}; `ready` says that the film was graded. */
export function usePicture(id, ready) {
  return useLoaded(async () => (ready ? picture(id) : null), [id, ready]);
}

/** Return whether a film of the worklist or a history can be shown. */
export const hasPicture = ({ kept, status }) => kept && (status === "scored" || status === "rejected");

/** Begin to fetch the picture of a film that is about to be opened. */
export const expect = (id) => { picture(id); };

/** Return a film's pixels and maps; asked for twice, they are fetched once. */
function picture(id) {
  const known = pictures.get(id) ?? fetchPicture(id);
  pictures.delete(id);
  pictures.set(id, known);
  known.catch(() => pictures.delete(id));
  for (const oldest of [...pictures.keys()].slice(0, -KEPT)) pictures.delete(oldest);
  return known;
}

async function fetchPicture(id) {
  const at = `v1/results/${id}`;
  const [view, pixels, maps] = await Promise.all([
    getJson(`${at}/view`),
    getBytes(`${at}/pixels`),
    // A film that was not graded has none, and its view says so.
    getBytes(`${at}/maps`).catch((problem) => problem),
  ]);
  if (view.maps && maps instanceof Error) throw maps;
  return { view, pixels: new Uint16Array(pixels), maps: view.maps && new Uint8Array(maps) };
}
