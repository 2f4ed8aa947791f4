/** Where a film stands in the list, as the service orders it. */

const byId = (one, other) => (one.id < other.id ? 1 : one.id > other.id ? -1 : 0);

/** Descending; films without a value come last. */
const byValue = (valueOf) => (one, other) => {
  const [first, second] = [valueOf(one), valueOf(other)];
  if (first === second) return byId(one, other);
  if (first === null || second === null) return first === null ? 1 : -1;
  return first < second ? 1 : -1;
};

const ORDERS = {
  newest: byId,
  acquired: byValue((film) => film.taken),
  severest: byValue((film) => film.brixia?.value ?? null),
};

/**
 * Return a list {films, next, ...} in which the rows of films that changed stand for their former
 * ones; those that no longer match the filters are gone. What belongs behind the last film loaded
 * is left for the page after.
 */
export function merged(list, ids, fresh, order) {
  const compare = ORDERS[order];
  const last = list.films.at(-1);
  const isLoaded = (film) => list.next === null || (last !== undefined && compare(film, last) <= 0);
  const others = list.films.filter(({ id }) => !ids.includes(id));
  const films = [...others, ...fresh.filter(isLoaded)].sort(compare);
  return { ...list, films, problem: null };
}
