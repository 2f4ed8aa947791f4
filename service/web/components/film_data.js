/** Everything about one film but its picture, from the service. */

import { useEffect, useRef } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { ANY, useLoaded } from "../hooks.js";

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

/** Return whether the service keeps the scores of a film back until this reader has graded it. */
export const isUnread = ({ unread }) => Boolean(unread);

/** Return whether a film of the worklist or a history can be displayed. */
export const isDisplayable = ({ kept, status }) => kept && (status === "scored" || status === "rejected");
