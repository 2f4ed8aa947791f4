/** Which part of the film the canvas shows, how large, whether mirrored, and how far rotated. */

const LARGEST_FILM_PIXEL = 40; // screen pixels
const SMALLEST_SCALE = 0.1;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * Positions are film pixels (x right, y down; 0, 0 is the corner of the first pixel, not its centre)
 * or CSS pixels from the canvas's upper left corner.
 */
export class Camera {
  /** Film's size in film pixels. */
  film = { columns: 1, rows: 1 };
  /** Canvas's size in CSS pixels, and screen pixels per CSS pixel. */
  canvas = { width: 1, height: 1, ratio: 1 };
  /** How large the film is, relative to the size at which it just fits. */
  scale = 1;
  /** What lies at the canvas's middle, in shares of the film's width and height. */
  center = { x: 0.5, y: 0.5 };
  mirrored = false;
  /** Quarter turns clockwise, 0-3, of the film as it is mirrored. */
  turns = 0;

  /** CSS pixels per film pixel. */
  get magnification() {
    return this.scale * this.#fitting;
  }

  /** Screen pixels per film pixel. */
  get pixelScale() {
    return this.magnification * this.canvas.ratio;
  }

  get #fitting() {
    const { width, height } = this.canvas;
    const { across, down } = this.#shown;
    return Math.min(width / across, height / down);
  }

  /** The film's size as displayed, in film pixels. */
  get #shown() {
    const { columns, rows } = this.film;
    return this.turned ? { across: rows, down: columns } : { across: columns, down: rows };
  }

  /** Whether the film's rows run down the screen. */
  get turned() {
    return this.turns % 2 === 1;
  }

  /** Whether the film's x and y grow, 1, or fall, -1, to the right and down the screen. */
  get direction() {
    return {
      x: (this.turns > 1 ? -1 : 1) * (this.mirrored ? -1 : 1),
      y: this.turns === 1 || this.turns === 2 ? -1 : 1,
    };
  }

  fit() {
    this.scale = 1;
    this.center = { x: 0.5, y: 0.5 };
  }

  /** One film pixel becomes one screen pixel; the middle stays. */
  actualSize() {
    this.zoomBy(1 / this.pixelScale);
  }

  /** Zoom by a factor > 0 about (x, y) CSS pixels, by default the canvas's middle. */
  zoomBy(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    if (!(factor > 0)) return;
    const before = this.magnification;
    this.set({ scale: this.scale * factor });
    const farther = 1 / before - 1 / this.magnification;
    this.#move((x - this.canvas.width / 2) * farther, (y - this.canvas.height / 2) * farther);
  }

  /** Move the film by CSS pixels. The canvas's middle never leaves the film. */
  panBy(dx, dy) {
    this.#move(-dx / this.magnification, -dy / this.magnification);
  }

  /** Move the middle by film pixels as displayed. */
  #move(right, down) {
    const { film: { columns, rows }, direction, turned } = this;
    const [x, y] = turned ? [down, right] : [right, down];
    this.set({
      center: { x: this.center.x + (direction.x * x) / columns, y: this.center.y + (direction.y * y) / rows },
    });
  }

  /** Film pixels to film pixels as displayed, from the displayed corner. */
  #displayed({ x, y }) {
    const { film: { columns, rows }, direction, turned } = this;
    const across = direction.x > 0 ? x : columns - x;
    const down = direction.y > 0 ? y : rows - y;
    return turned ? { x: down, y: across } : { x: across, y: down };
  }

  /** Set scale and center where they are given and finite, within their limits. */
  set({ scale = this.scale, center = this.center }) {
    if (!Number.isFinite(scale + center.x + center.y)) return;
    const largest = LARGEST_FILM_PIXEL / (this.#fitting * this.canvas.ratio);
    this.scale = clamp(scale, SMALLEST_SCALE, Math.max(1, largest));
    this.center = { x: clamp(center.x, 0, 1), y: clamp(center.y, 0, 1) };
  }

  /**
   * The film's upper left corner as displayed, in CSS pixels. It lies on a whole screen pixel: at actual
   * size each film pixel is then exactly one on the screen, and a film that is moved does not shimmer.
   */
  get corner() {
    const { width, height, ratio } = this.canvas;
    const { columns, rows } = this.film;
    const middle = this.#displayed({ x: this.center.x * columns, y: this.center.y * rows });
    return {
      x: Math.round((width / 2 - middle.x * this.magnification) * ratio) / ratio,
      y: Math.round((height / 2 - middle.y * this.magnification) * ratio) / ratio,
    };
  }

  /** The canvas's size in screen pixels. */
  get screen() {
    const { width, height, ratio } = this.canvas;
    return { columns: Math.round(width * ratio), rows: Math.round(height * ratio) };
  }

  /** The canvas, a rectangle in screen pixels from the film's corner as displayed. */
  get visibleRect() {
    const { x, y } = this.corner;
    const { columns, rows } = this.screen;
    const [left, top] = [-Math.round(x * this.canvas.ratio), -Math.round(y * this.canvas.ratio)];
    return { left, top, right: left + columns, bottom: top + rows };
  }

  /** The film, a rectangle in whole screen pixels from its corner as displayed. */
  get filmRect() {
    const pixels = (side) => Math.max(1, Math.round(side * this.pixelScale));
    const { across, down } = this.#shown;
    return { left: 0, top: 0, right: pixels(across), bottom: pixels(down) };
  }

  /** Film pixels to CSS pixels. */
  toScreen(x, y) {
    const { corner, magnification } = this;
    const shown = this.#displayed({ x, y });
    return { x: corner.x + shown.x * magnification, y: corner.y + shown.y * magnification };
  }

  /** CSS pixels to film pixels, also beyond the film. */
  toFilm(x, y) {
    const { corner, magnification, film: { columns, rows }, direction, turned } = this;
    const [right, down] = [(x - corner.x) / magnification, (y - corner.y) / magnification];
    const [along, below] = turned ? [down, right] : [right, down];
    return {
      x: direction.x > 0 ? along : columns - along,
      y: direction.y > 0 ? below : rows - below,
    };
  }
}
