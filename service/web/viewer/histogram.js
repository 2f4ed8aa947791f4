/** How often each stored value occurs. */

const VALUES = 65536;
const STRIDE = 4;
const LUNG = 127.5;

/** Return the counts of all pixels. */
export function ofFilm(pixels) {
  const counts = new Uint32Array(VALUES);
  for (let i = 0; i < pixels.length; i += 1) counts[pixels[i]] += 1;
  return counts;
}

/** Return the highest value that occurs. */
export const highestOf = (counts) => counts.findLastIndex((count) => count > 0);

/** Return the counts within the lungs, every fourth pixel of every fourth row. */
export function ofLungs({ pixels, rows, columns }, { maps, size }) {
  const counts = new Uint32Array(VALUES);
  const plane = size.rows * size.columns;
  for (let row = 0; row < rows; row += STRIDE) {
    const above = Math.floor((row * size.rows) / rows) * size.columns;
    for (let column = 0; column < columns; column += STRIDE) {
      const index = above + Math.floor((column * size.columns) / columns);
      if (maps[plane + index] > LUNG || maps[2 * plane + index] > LUNG) {
        counts[pixels[row * columns + column]] += 1;
      }
    }
  }
  return counts;
}

/** Return the values below which the given shares (0-1, ascending) of all counted lie; null of none. */
export function quantiles(counts, shares) {
  let all = 0;
  for (let value = 0; value < VALUES; value += 1) all += counts[value];
  if (all === 0) return null;
  const found = [];
  let below = 0;
  for (let value = 0; value < VALUES && found.length < shares.length; value += 1) {
    below += counts[value];
    while (found.length < shares.length && below > 0 && below >= shares[found.length] * all) {
      found.push(value);
    }
  }
  return found;
}
