/** Which films hang beside the open one, and how. */

import { useCallback, useEffect, useState } from "../vendor/preact.js";
import { isDisplayable } from "./film_data.js";

/** How many films hang at once. */
export const LAYOUTS = [1, 2, 4];

const STORAGE_KEY = "radiograde.layout";
const NARROWEST_PX = 1100; // of a window in which a prior hangs by itself
const CINE_FILMS = 8; // each has a graphics context of its own
const CINE_MS = 700;

/** Return how many films hang, as chosen last in this browser; until then two where there is room. */
export function storedLayout() {
  const stored = Number(localStorage.getItem(STORAGE_KEY));
  return LAYOUTS.includes(stored) ? stored : innerWidth >= NARROWEST_PX ? 2 : 1;
}

/** Return [count, set]: how many films hang. */
export function useLayout() {
  const [count, setCount] = useState(storedLayout);
  const set = useCallback((wanted) => {
    localStorage.setItem(STORAGE_KEY, wanted);
    setCount(wanted);
  }, []);
  return [count, set];
}

/**
 * Return the ids of the patient's other films in the order in which they hang beside one: those of
 * the same view first, among them those of the same machine, then the nearest before it, then the
 * nearest after it.
 */
export function hangingOrder(history, id) {
  const index = history.films.findIndex((film) => film.id === id);
  const current = history.films[index];
  const ranks = ({ film, distance }) => [
    film.view !== current.view, !film.machine || film.machine !== current.machine, distance < 0, Math.abs(distance),
  ].map(Number);
  return history.films
    .map((film, other) => ({ film, distance: index - other }))
    .filter(({ film }) => film.id !== id && isDisplayable(film) && film.brixia)
    .sort((one, two) => {
      const [first, second] = [ranks(one), ranks(two)];
      const at = first.findIndex((rank, place) => rank !== second[place]);
      return at < 0 ? 0 : first[at] - second[at];
    })
    .map(({ film }) => film.id);
}

/** Return the ids of the course as it is played: the films nearest to one, oldest first. */
export function courseOf(history, id) {
  const films = history.films.filter((film) => isDisplayable(film) && (film.brixia || film.id === id));
  const index = films.findIndex((film) => film.id === id);
  const first = Math.max(0, Math.min(index - CINE_FILMS / 2, films.length - CINE_FILMS));
  return films.slice(first, first + CINE_FILMS).map((film) => film.id);
}

/** Return which of `count` films is in front while they are shown in turn. */
export function useTurn(count, isRunning) {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setTurn((number) => number + 1), CINE_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return turn % Math.max(1, count);
}
