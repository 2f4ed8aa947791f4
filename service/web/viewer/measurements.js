/** What a reader measures on a film: lengths, angles, and the values within an ellipse. */

/** The tools that measure. */
export const MEASURES = ["length", "angle", "region"];

const POINTS = { length: 2, angle: 3, region: 2 };
const SHORTEST = 2; // film pixels; what is shorter was no more than a click

/** The measurements on one film; positions are film pixels. */
export class Measurements {
  #film;
  #done = [];
  #open = null;

  constructor(film) {
    this.#film = film;
  }

  /** Return [{kind, points, ...}] with what was measured: see `measured`. */
  get all() {
    return this.#open ? [...this.#done, measured(this.#open, this.#film)] : this.#done;
  }

  /** Measure on the same film, now that it is whole. */
  set film(film) {
    this.#film = film;
    this.#done = this.#done.map((one) => measured(one, film));
  }

  /** Begin one, or go on with an angle that waits for its second arm. */
  press(kind, point) {
    if (this.#open) this.move(point);
    else this.#open = { kind, points: [point, point] };
  }

  /** Move the point that is not placed yet; return whether there is one. */
  move(point) {
    if (!this.#open) return false;
    this.#open.points = [...this.#open.points.slice(0, -1), point];
    return true;
  }

  /** Place the point; the last one ends the measurement. */
  release(point) {
    if (!this.move(point)) return;
    const { kind, points } = this.#open;
    const isClick = distance(points.at(-1), points.at(-2)) < SHORTEST;
    if (!isClick && points.length < POINTS[kind]) {
      this.#open.points = [...points, point];
      return;
    }
    if (!isClick) this.#done = [...this.#done, measured(this.#open, this.#film)];
    if (!isClick || points.length === 2) this.#open = null;
  }

  /** Take away what is not ended, else the last one. */
  drop() {
    if (!this.#open) this.#done = this.#done.slice(0, -1);
    this.#open = null;
  }
}

/**
 * Return the measurement with, of a length, `px` and `mm`; of an angle `degrees`, null with one arm;
 * of a region `mean` and `deviation` of the modality values, null until the film is whole, `count` of
 * pixels and `mm2`.
 * Millimetres are null where the film's spacing cannot be believed.
 */
function measured({ kind, points }, film) {
  const [first, second, third] = points;
  if (kind === "length") {
    return { kind, points, px: distance(first, second), mm: film.spacing && distance(first, second, film.spacing) };
  }
  if (kind === "angle") return { kind, points, degrees: third ? angleAt(second, first, third, film.spacing) : null };
  const { count, mean, deviation } = statistics(film, first, second);
  return { kind, points, count, mean, deviation, mm2: film.spacing && count * film.spacing.across * film.spacing.down };
}

function distance(one, other, { across, down } = { across: 1, down: 1 }) {
  return Math.hypot((one.x - other.x) * across, (one.y - other.y) * down);
}

/** The angle at a corner, 0-180 degrees; pixels that are not square are set right. */
function angleAt(corner, one, other, spacing) {
  const { across, down } = spacing ?? { across: 1, down: 1 };
  const direction = ({ x, y }) => Math.atan2((y - corner.y) * down, (x - corner.x) * across);
  const turn = Math.abs(direction(one) - direction(other));
  return (Math.min(turn, 2 * Math.PI - turn) * 180) / Math.PI;
}

/** Return {count, mean, deviation} of the pixels whose centres lie in the ellipse between two corners. */
function statistics({ view, pixels, isWhole }, one, other) {
  if (!isWhole) return { count: 0, mean: null, deviation: null };
  const [left, right] = [Math.min(one.x, other.x), Math.max(one.x, other.x)];
  const [top, bottom] = [Math.min(one.y, other.y), Math.max(one.y, other.y)];
  let [count, sum, squares] = [0, 0, 0];
  for (let row = Math.max(0, Math.ceil(top - 0.5)); row < Math.min(view.rows, bottom); row += 1) {
    const height = (2 * (row + 0.5) - top - bottom) / (bottom - top);
    const half = Math.sqrt(Math.max(0, 1 - height ** 2)) * (right - left) / 2;
    const middle = (left + right) / 2 - 0.5;
    for (let column = Math.max(0, Math.ceil(middle - half)); column <= Math.min(view.columns - 1, middle + half); column += 1) {
      const value = pixels[row * view.columns + column];
      count += 1;
      sum += value;
      squares += value * value;
    }
  }
  if (count === 0) return { count, mean: null, deviation: null };
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2));
  return { count, mean: mean * view.slope + view.intercept, deviation: deviation * Math.abs(view.slope) };
}
