/** The six zones on the film, from the maps of the lungs. */

const LUNG = 127.5;
const NAMES = ["ABC", "DEF"];

/**
 * Return the lungs' zones in film pixels: of each lung, right first, {extent: [y, y], borders: [y, y], anchors:
 * {A: {x, y, outer: {x, y}}, ...}}, or null where it is not seen. `x, y` is the middle of the zone
 * within the lung, `outer` beside it the lateral border where the zone is widest.
 *
 * @param {Uint8Array} maps planes of opacity, right lung, left lung; 0-255
 * @param {{rows: number, columns: number, borders: [number, number]}} size of a plane; where the
 *   upper zone ends and the lower begins, in shares of a lung's height
 * @param {{rows: number, columns: number}} film
 */
export function zonesOf(maps, size, film) {
  const area = size.rows * size.columns;
  return NAMES.map((names, side) => {
    const lung = new LungMap(maps.subarray((side + 1) * area, (side + 2) * area), size);
    const extent = lung.verticalExtent();
    if (extent === null) return null;
    const [first, last] = extent;
    const rows = [0, ...size.borders, 1].map((share) => first + share * (last - first));
    const [across, down] = [film.columns / size.columns, film.rows / size.rows];
    const anchors = {};
    [...names].forEach((name, zone) => {
      const anchor = lung.anchor(rows[zone], rows[zone + 1], side === 0);
      if (anchor) {
        const y = anchor.row * down;
        anchors[name] = { x: anchor.middle * across, y, outer: { x: anchor.outer * across, y } };
      }
    });
    return { extent: [first * down, last * down], borders: [rows[1] * down, rows[2] * down], anchors };
  });
}

/**
 * Return {x, y, width, size}: middle, width and size of the box around both lungs, film pixels; null
 * unless both are seen. The size is the geometric mean of the box's sides.
 */
export function lungsOf(zones) {
  if (zones.length < 2 || zones.includes(null)) return null;
  const sides = zones.flatMap(({ anchors }) => Object.values(anchors).map(({ outer }) => outer.x));
  const [left, right] = [Math.min(...sides), Math.max(...sides)];
  const [top, bottom] = [Math.min(...zones.map(({ extent }) => extent[0])), Math.max(...zones.map(({ extent }) => extent[1]))];
  const width = right - left;
  return { x: (left + right) / 2, y: (top + bottom) / 2, width, size: Math.sqrt(width * (bottom - top)) };
}

/** The map of one lung; between the centres of its pixels it is interpolated linearly. */
class LungMap {
  #values;
  #size;

  constructor(values, size) {
    this.#values = values;
    this.#size = size;
  }

  /** Return the rows [first, last] between which the lung lies, null where there is none. */
  verticalExtent() {
    const { rows } = this.#size;
    let [first, last] = [Infinity, -Infinity];
    for (let row = 0; row < rows; row += 1) {
      if (!this.#has(row)) continue;
      first = Math.min(first, row === 0 ? 0 : row + 0.5 - this.#beyond(row, row - 1));
      last = Math.max(last, row === rows - 1 ? rows : row + 0.5 + this.#beyond(row, row + 1));
    }
    return first < last ? [first, last] : null;
  }

  #has(row) {
    const { columns } = this.#size;
    return this.#values.subarray(row * columns, (row + 1) * columns).some((value) => value > LUNG);
  }

  /** Return how far the lung reaches from a row towards the next, 0-1. */
  #beyond(row, next) {
    const { columns } = this.#size;
    let farthest = 0;
    for (let column = 0; column < columns; column += 1) {
      const here = this.#values[row * columns + column];
      if (here <= LUNG) continue;
      const there = this.#values[next * columns + column];
      farthest = Math.max(farthest, there > LUNG ? 1 : (here - LUNG) / (here - there));
    }
    return farthest;
  }

  /** Return {row, middle, outer} of the zone's middle row, or of the row nearest to it with lung; `outer` of all its rows. */
  anchor(top, bottom, isRight) {
    const middle = (top + bottom) / 2;
    const steps = Math.ceil((bottom - top) / 2);
    for (let step = 0; step <= 2 * steps; step += 1) {
      const row = middle + (step % 2 ? 1 : -1) * Math.ceil(step / 2);
      const runs = row > top && row < bottom ? this.#runs(row) : [];
      if (runs.length > 0) {
        const [start, end] = runs.reduce((one, two) => (two[1] - two[0] > one[1] - one[0] ? two : one));
        return { row, middle: (start + end) / 2, outer: this.#lateral(top, bottom, isRight) };
      }
    }
    return null;
  }

  /** Return the column of the lateral border where the lung between two rows is widest. */
  #lateral(top, bottom, isRight) {
    const rows = Array.from({ length: Math.ceil(bottom) - Math.floor(top) + 1 }, (_, step) => Math.floor(top) + step + 0.5);
    const inside = [(top + bottom) / 2, top, bottom, ...rows].filter((row) => row >= top && row <= bottom);
    const borders = inside.flatMap((row) => this.#runs(row)).map(([start, end]) => (isRight ? start : end));
    return isRight ? Math.min(...borders) : Math.max(...borders);
  }

  /** Return [start, end] of each stretch of lung along a row. */
  #runs(row) {
    const { columns } = this.#size;
    const value = (column) => this.#between(row, column);
    const crossing = (column) => (LUNG - value(column)) / (value(column + 1) - value(column));
    const runs = [];
    for (let column = 0; column < columns; column += 1) {
      if (value(column) <= LUNG) continue;
      const start = column === 0 ? 0 : column - 0.5 + crossing(column - 1);
      while (column + 1 < columns && value(column + 1) > LUNG) column += 1;
      runs.push([start, column === columns - 1 ? columns : column + 0.5 + crossing(column)]);
    }
    return runs;
  }

  /** Return the value at a pixel's column, between two rows. */
  #between(row, column) {
    const { rows, columns } = this.#size;
    const above = Math.min(rows - 1, Math.max(0, Math.floor(row - 0.5)));
    const below = Math.min(rows - 1, above + 1);
    const weight = Math.min(1, Math.max(0, row - 0.5 - above));
    const [high, low] = [this.#values[above * columns + column], this.#values[below * columns + column]];
    return high + weight * (low - high);
  }
}
