/** The film as an image pyramid: full size, half, a quarter, and so on, each averaged when first needed; of a preview from its own size on. */

/** One size of the film; a texel is the average of `reach` x `reach` film pixels. */
class Level {
  /**
   * @param {Uint16Array} values rows * columns: stored values times `gain`.
   */
  constructor(values, rows, columns, reach, gain) {
    Object.assign(this, { values, rows, columns, reach, gain });
  }
}

/** The film at all sizes; each is computed once. */
export class Pyramid {
  #levels;
  #finest;
  #lowest;

  /**
   * @param {{pixels: Uint16Array, rows: number, columns: number, reach: number}} finest stored
   *   values, each the mean of `reach` x `reach` film pixels
   * @param {number} highest the highest value among them
   * @param {number} limit longest side that can be shown
   * @param {Level[]} halves levels above the finest that were made already
   */
  constructor({ pixels, rows, columns, reach }, highest, limit, halves = []) {
    /** What averages are multiplied by, a power of two, so that they lose nothing by rounding. */
    this.gain = 2 ** Math.floor(Math.log2(65535 / Math.max(1, highest)));
    this.#levels = [new Level(pixels, rows, columns, reach, 1), ...halves];
    this.#finest = Math.log2(reach);
    this.#lowest = Math.max(0, Math.ceil(Math.log2((reach * Math.max(rows, columns)) / limit)));
  }

  /** The levels above the finest that are made. */
  get halves() {
    return this.#levels.slice(1);
  }

  /** Whether the film is larger than the graphics card can show at full resolution. */
  get reduced() {
    return this.#lowest > 0;
  }

  /** Return the smallest level with at least one texel per screen pixel, if there is any. */
  levelFor(pixelScale) {
    const wanted = Math.floor(Math.log2(1 / pixelScale) + 1e-6);
    return this.#at(Math.max(this.#lowest, this.#finest, wanted) - this.#finest);
  }

  #at(number) {
    for (let made = this.#levels.length; made <= number; made += 1) {
      const finer = this.#levels[made - 1];
      this.#levels.push(halved(finer, this.gain / finer.gain));
    }
    return this.#levels[number];
  }
}

/** Return the level above, its values multiplied by `factor`; an odd last row or column stands alone. */
function halved({ values, rows, columns, reach, gain }, factor) {
  const [height, width] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  const averages = new Uint16Array(height * width);
  const pairs = columns >> 1;
  const odd = columns % 2 === 1;
  for (let row = 0, to = 0; row < height; row += 1) {
    let upper = 2 * row * columns;
    let lower = 2 * row + 1 < rows ? upper + columns : upper;
    for (const end = to + pairs; to < end; to += 1, upper += 2, lower += 2) {
      const sum = values[upper] + values[upper + 1] + values[lower] + values[lower + 1];
      averages[to] = (sum * factor + 2) >> 2;
    }
    if (odd) {
      averages[to] = ((values[upper] + values[lower]) * factor + 1) >> 1;
      to += 1;
    }
  }
  return new Level(averages, height, width, 2 * reach, gain * factor);
}
