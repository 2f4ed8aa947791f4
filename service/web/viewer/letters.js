/**
 * Where letters may be burned into a film, such as its side marker. They have what anatomy has not:
 * steps between neighbours that are large beside those of the film itself, within a small spot.
 */

const TEXELS_ALONG = 768; // of the film's longer side, or up to twice as many
const SIDE = 8; // texels along a block
const LEAST_STEP = 0.06; // of the film's range
const TIMES_USUAL = 3; // as large as the largest step of a usual block
const LEAST_COUNT = 2; // of such steps in a block
const REACH = [-2, -1, 0, 1, 2]; // blocks to those of the same letters
const LONGEST = 0.15; // of the film's longer side; edges of the exposed field are longer
const SAMPLED = 17; // one texel of so many shows the range

/** Return rectangles {left, top, right, bottom} in film pixels. */
export function lettersOf(pyramid, { rows, columns }) {
  const longer = Math.max(rows, columns);
  const level = pyramid.levelFor(TEXELS_ALONG / longer);
  const size = SIDE * level.reach;
  const isSmall = ({ left, top, right, bottom }) => Math.max(right - left, bottom - top) * size <= LONGEST * longer;
  return spotsOf(steepBlocks(level)).filter(isSmall)
    .map((spot) => Object.fromEntries(Object.entries(spot).map(([edge, block]) => [edge, block * size])));
}

/** Return {columns, rows, steep}: by block, whether it may hold a part of a letter. */
function steepBlocks(level) {
  const [columns, rows] = [Math.floor(level.columns / SIDE), Math.floor(level.rows / SIDE)];
  const steps = stepsOf(level);
  const largest = new Uint16Array(columns * rows);
  eachStep(steps, level.columns, columns, rows, (block, step) => { if (step > largest[block]) largest[block] = step; });
  const greys = level.values.filter((_, index) => index % SAMPLED === 0).sort();
  const greyAt = (share) => greys[Math.floor(share * (greys.length - 1))];
  const usual = largest.slice().sort()[largest.length >> 1] ?? 0;
  const least = Math.max(LEAST_STEP * (greyAt(0.99) - greyAt(0.01)), TIMES_USUAL * usual);
  const counts = new Uint8Array(columns * rows);
  eachStep(steps, level.columns, columns, rows, (block, step) => { if (step > least) counts[block] += 1; });
  return { columns, rows, steep: Array.from(counts, (count) => count >= LEAST_COUNT) };
}

/** Return the larger step from each texel of a level, to the right or down. */
function stepsOf({ values, rows, columns }) {
  const steps = new Uint16Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row += 1) {
    const below = row + 1 < rows ? columns : 0;
    for (let column = 0; column < columns; column += 1, at += 1) {
      const beside = column + 1 < columns ? 1 : 0;
      steps[at] = Math.max(Math.abs(values[at + beside] - values[at]), Math.abs(values[at + below] - values[at]));
    }
  }
  return steps;
}

/** Call `use(block, step)` for every texel of whole blocks. */
function eachStep(steps, width, columns, rows, use) {
  for (let row = 0; row < rows * SIDE; row += 1) {
    const first = Math.floor(row / SIDE) * columns;
    for (let column = 0, at = row * width; column < columns * SIDE; column += 1, at += 1) use(first + Math.floor(column / SIDE), steps[at]);
  }
}

/** Return the rectangles {left, top, right, bottom}, in blocks, around steep blocks that lie together. */
function spotsOf({ columns, rows, steep }) {
  const pending = new Set([...steep.keys()].filter((block) => steep[block]));
  const around = (column, row) => REACH.flatMap((down) => REACH.map((across) => [column + across, row + down]))
    .filter(([x, y]) => x >= 0 && y >= 0 && x < columns && y < rows).map(([x, y]) => y * columns + x);
  return [...pending].flatMap((first) => {
    if (!pending.delete(first)) return [];
    const spot = { left: columns, top: rows, right: 0, bottom: 0 };
    for (const open = [first]; open.length;) {
      const block = open.pop();
      const [column, row] = [block % columns, Math.floor(block / columns)];
      Object.assign(spot, {
        left: Math.min(spot.left, column), top: Math.min(spot.top, row),
        right: Math.max(spot.right, column + 1), bottom: Math.max(spot.bottom, row + 1),
      });
      open.push(...around(column, row).filter((other) => pending.delete(other)));
    }
    return [spot];
  });
}
