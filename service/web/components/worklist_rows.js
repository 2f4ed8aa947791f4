/** The rows of the list; only those near the visible part are in the page. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { t } from "../words.js";

const ROWS = 50; // of a piece of the list
const NEAR = "1200px"; // what is so far from the visible part is drawn

/**
 * `row(film)` draws a film, `selected` is the id of the open one. `grouped`: films of a patient
 * stand together, where the first of them stands.
 */
export function Rows({ films, row, selected, grouped }) {
  const lines = grouped ? groupedLines(films) : films.map((film) => ({ film }));
  const count = Math.ceil(lines.length / ROWS);
  return Array.from({ length: count }, (_, piece) => html`
    <${Piece} key=${piece} lines=${lines.slice(piece * ROWS, (piece + 1) * ROWS)} row=${row} selected=${selected} />`);
}

/** A piece of the list; far from the visible part it is empty and keeps its height. */
function Piece({ lines, row, selected }) {
  const list = useRef(null);
  const [isNear, setIsNear] = useState(true);
  const height = useRef(0);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) height.current = entry.boundingClientRect.height;
      setIsNear(entry.isIntersecting);
    }, { root: list.current.closest(".worklist"), rootMargin: NEAR });
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  const isDrawn = isNear || lines.some(({ film }) => film?.id === selected);
  useEffect(() => { list.current.style.height = isDrawn ? "" : `${height.current}px`; }, [isDrawn]);
  return html`
    <ol ref=${list}>
      ${isDrawn && lines.map(({ film, patient, count }) => (film
        ? html`<li key=${film.id}>${row(film)}</li>`
        : html`<li key=${`of ${patient}`} class="of-patient">${t("worklist.of_patient", { label: patient, count })}</li>`))}
    </ol>`;
}

/** Return the films with a heading, {patient, count}, before those of a patient who has several. */
function groupedLines(films) {
  const groups = new Map();
  for (const film of films) {
    const key = film.patient?.label ?? film.id;
    groups.set(key, [...(groups.get(key) ?? []), film]);
  }
  return [...groups].flatMap(([patient, own]) => [
    ...(own.length > 1 ? [{ patient, count: own.length }] : []), ...own.map((film) => ({ film })),
  ]);
}
