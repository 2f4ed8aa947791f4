/** The film on a canvas: window, zoom, position, and the model's maps over it. */

import { Camera } from "./camera.js";
import { filmOf } from "./film.js";
import { Gestures } from "./gestures.js";
import { drawLens } from "./lens.js";
import { MEASURES, Measurements } from "./measurements.js";
import { Renderer } from "./renderer.js";
import { watchSize } from "./canvas_size.js";
import { ENTRIES, allowed, fillTable, lineOver, sameWindow } from "./voi.js";

/** What the left button can do. */
export const TOOLS = ["window", "pan", "zoom", ...MEASURES];
const NO_WINDOW = Object.freeze({ center: 0.5, width: 1, function: "LINEAR_EXACT" });

/**
 * Shows one film at a time. Whatever changes, by a gesture or by code, is drawn once with the next
 * animation frame and reported by a `change` event whose `detail.kind` is `film`, `window`,
 * `invert`, `overlay`, `outlines`, `zones`, `mirrored`, `turns`, `camera` (zoom or position), `size`
 * (of the canvas), `tool`, `measurements`, or `context` (the graphics context was lost or restored).
 * A `hover` event says in its `detail` where the pointer is, in CSS pixels; null when it leaves.
 *
 * Film pixels (x right, y down) begin at the corner of the first pixel; CSS pixels at the canvas's
 * upper left corner. The page sets the canvas's size. Every property can be read without a film.
 */
export class Viewer extends EventTarget {
  #canvas;
  #renderer;
  #film = null;
  #measurements = null;
  #camera = new Camera();
  #display = { window: NO_WINDOW, invert: false, overlay: 0, outlines: false, zones: false };
  #tool = "window";
  #table = new Uint8ClampedArray(ENTRIES);
  #tableIsStale = false;
  #frame = 0;
  #isSized = false;
  #listening = new AbortController();

  /** Throws an Error with code `no_webgl` where there is no WebGL 2. */
  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.#renderer = new Renderer(canvas);
    const { signal } = this.#listening;
    canvas.addEventListener("webglcontextlost", (event) => this.#lose(event), { signal });
    canvas.addEventListener("webglcontextrestored", () => this.#restore(), { signal });
    const gestures = new Gestures(canvas, this);
    signal.addEventListener("abort", watchSize(canvas, (size) => this.#resize(size)));
    signal.addEventListener("abort", () => gestures.close());
  }

  /**
   * Show a film in the first of its windows, fitted to the canvas; the layers over it stay.
   *
   * @param {import("./film.js").View} view
   * @param {Uint16Array} pixels rows * columns stored values, upright; fewer of a preview
   * @param {Uint8Array|null} maps planes of opacity, patient's right lung, left lung; 0-255
   * @param {import("./film.js").Derived} [derived] what is known of the pixels
   */
  show(view, pixels, maps, derived) {
    if (this.#isClosed) return;
    this.#take(view, pixels, maps, derived);
    this.reset();
  }

  /** Show the same film by other pixels or maps; window, position and measurements stay. */
  refine(view, pixels, maps, derived) {
    if (this.#isClosed || !this.#film) return;
    const before = this.#film;
    this.#take(view, pixels, maps, derived);
    this.#film.follow(before);
    this.#measurements.film = this.#film;
    this.#tableIsStale = true;
    this.#changed("film");
  }

  #take(view, pixels, maps, derived) {
    this.#film = filmOf(view, pixels, maps, this.#renderer.limit, derived);
    this.#renderer.show(this.#film);
    this.#camera.film = { columns: view.columns, rows: view.rows };
  }

  /** Show the film as it was opened: window, position and sides; take measurements away. */
  reset() {
    if (!this.#film) return;
    this.#measurements = new Measurements(this.#film);
    Object.assign(this.#camera, { mirrored: false, turns: 0 });
    this.#camera.fit();
    Object.assign(this.#display, { window: this.#film.presets[0].window, invert: false });
    this.#tableIsStale = true;
    this.#changed("film");
  }

  /** Show nothing. */
  clear() {
    if (this.#isClosed) return;
    this.#film = null;
    this.#measurements = null;
    this.#renderer.show(null);
    this.#changed("film");
  }

  /** Stop for good: remove the listeners and free the graphics card's memory. */
  close() {
    if (this.#isClosed) return;
    this.#listening.abort();
    cancelAnimationFrame(this.#frame);
    this.#film = null;
    this.#renderer.close();
  }

  get #isClosed() {
    return this.#listening.signal.aborted;
  }

  /** Longest side that this graphics card can show, in pixels. */
  get limit() {
    return this.#renderer.limit;
  }

  /** Whether the film is too large for this graphics card and is shown at reduced resolution. */
  get reduced() {
    return this.#film?.pyramid.reduced ?? false;
  }

  /** Whether the graphics context is lost, for now. */
  get lost() {
    return this.#renderer.lost;
  }

  /** {center, width, function} in modality values, or {lut: true}: the film's own table. */
  get window() {
    return this.#display.window;
  }

  /** A table that the film does not have is ignored, and so are numbers that are not finite. */
  set window(wanted) {
    const window = this.#film && allowed(wanted, this.#film);
    if (!window || sameWindow(window, this.#display.window)) return;
    this.#tableIsStale = true;
    this.#set("window", window);
  }

  /**
   * Change the window as a drag by CSS pixels does: to the right widens it, down darkens the film.
   * Across the canvas it goes through all of the film's values.
   */
  windowBy(dx, dy) {
    if (!this.#film) return;
    const { view, lut, range } = this.#film;
    const now = this.window.lut ? lineOver(lut) : this.window;
    const speed = range.width / Math.min(this.#camera.canvas.width, this.#camera.canvas.height);
    const darker = view.inverted === this.invert ? 1 : -1;
    this.window = {
      ...now, center: now.center + darker * dy * speed, width: now.width + dx * speed,
    };
  }

  /** Return the windows to choose from, [{key, window}] or of the film's own [{name, window}]. */
  presets() {
    return this.#film?.presets ?? [];
  }

  /** Whether black is shown white. */
  get invert() {
    return this.#display.invert;
  }

  set invert(isInverted) {
    this.#tableIsStale ||= Boolean(isInverted) !== this.invert;
    this.#set("invert", Boolean(isInverted));
  }

  /** How much complete opacity covers the film, 0-1; 0 hides its contour, too. */
  get overlay() {
    return this.#display.overlay;
  }

  set overlay(strength) {
    this.#set("overlay", Math.min(1, Math.max(0, Number(strength) || 0)));
  }

  /** Whether the lungs are outlined. */
  get outlines() {
    return this.#display.outlines;
  }

  set outlines(areShown) {
    this.#set("outlines", Boolean(areShown));
  }

  /** Whether the borders between the zones are drawn. */
  get zones() {
    return this.#display.zones;
  }

  set zones(areShown) {
    this.#set("zones", Boolean(areShown));
  }

  /**
   * Return by name, A-F, where the zones of the lungs that are seen lie, in film pixels: {x, y,
   * outer: {x, y}}, the middle within the lung and the lung's border beside it.
   */
  zoneAnchors() {
    return Object.assign({}, ...(this.#film?.zones ?? []).map((lung) => lung?.anchors));
  }

  /** Return rectangles {left, top, right, bottom} in film pixels where letters may be burned in. */
  letters() {
    return this.#film?.letters ?? [];
  }

  /** What the left button does: "window", "pan", "zoom", or what it measures. */
  get tool() {
    return this.#tool;
  }

  set tool(name) {
    if (name === this.#tool || !TOOLS.includes(name)) return;
    this.#tool = name;
    this.#changed("tool");
  }

  /** Whether the patient's left is shown on the left. */
  get mirrored() {
    return this.#camera.mirrored;
  }

  set mirrored(isMirrored) {
    if (Boolean(isMirrored) === this.mirrored) return;
    this.#camera.mirrored = Boolean(isMirrored);
    this.#camera.turns = (4 - this.turns) % 4; // left and right of the screen are exchanged
    this.#changed("mirrored");
  }

  /** How many quarter turns clockwise the film is shown, 0-3, as it is mirrored. */
  get turns() {
    return this.#camera.turns;
  }

  set turns(count) {
    if (count === this.turns || ![0, 1, 2, 3].includes(count)) return;
    this.#camera.turns = count;
    this.#changed("turns");
  }

  /** Which side of the screen the film's left is on: "left", "top", "right" or "bottom". */
  get sideOfLeft() {
    const { direction, turned } = this.#camera;
    return turned ? (direction.x > 0 ? "top" : "bottom") : direction.x > 0 ? "left" : "right";
  }

  /** Show the whole film, as large as it can be. */
  fit() {
    this.#move(() => this.#camera.fit());
  }

  /** Show each film pixel as one screen pixel. */
  actualSize() {
    this.#move(() => this.#camera.actualSize());
  }

  /** Zoom by a factor; what lies at (x, y) CSS pixels stays there, else the canvas's middle. */
  zoomBy(factor, x, y) {
    this.#move(() => this.#camera.zoomBy(factor, x, y));
  }

  /** Move the film by CSS pixels. */
  panBy(dx, dy) {
    this.#move(() => this.#camera.panBy(dx, dy));
  }

  /** The canvas's {width, height} in CSS pixels. */
  get size() {
    const { width, height } = this.#camera.canvas;
    return { width, height };
  }

  /** Screen pixels per film pixel. */
  get pixelScale() {
    return this.#camera.pixelScale;
  }

  /** {down, across, origin}: what is believed of the file's spacing; null if nothing. */
  get spacing() {
    return this.#film?.spacing ?? null;
  }

  /** Return millimetres of film along a CSS pixel to the right, null where no spacing is believed. */
  mmPerPixel() {
    const { spacing } = this;
    return spacing && (this.#camera.turned ? spacing.down : spacing.across) / this.#camera.magnification;
  }

  /** What is measured, as `Measurements.all`. */
  get measured() {
    return this.#measurements?.all ?? [];
  }

  /** Measure: "press", "move" or "release" at CSS pixels, or "drop" the last measurement. */
  measure(step, x, y) {
    if (!this.#film) return;
    const point = this.toFilm(x, y);
    if (step === "move" && !this.#measurements.move(point)) return;
    if (step === "press") this.#measurements.press(this.#tool, point);
    else if (step !== "move") this.#measurements[step](point);
    this.#changed("measurements");
  }

  /** Draw into a 2D context what lies at CSS pixels, enlarged, as it is windowed. */
  lens(context, x, y, enlargement) {
    if (!this.#film) return;
    const { pyramid: { gain } } = this.#film;
    const greyOf = (value) => (value < 0 ? 0 : this.#table[Math.round(value * gain)]);
    const { ratio } = this.#camera.canvas;
    drawLens(context, this.#film, greyOf, (...at) => this.toFilm(...at), { x, y, enlargement, ratio });
  }

  /** Report where the pointer is, in CSS pixels; nothing when it leaves. */
  hover(position = null) {
    this.dispatchEvent(new CustomEvent("hover", { detail: position }));
  }

  /** Return the CSS pixels {x, y} of film pixels. */
  toScreen(x, y) {
    return this.#camera.toScreen(x, y);
  }

  /** Return the film pixels {x, y} at CSS pixels, also beside the film. */
  toFilm(x, y) {
    return this.#camera.toFilm(x, y);
  }

  /** Return the modality value at CSS pixels, null beside the film. */
  valueAt(x, y) {
    const position = this.toFilm(x, y);
    return this.#film?.valueAt(position.x, position.y) ?? null;
  }

  /**
   * {window, invert, mirrored, turns, scale, center}: what another viewer is given to show its film alike.
   * `scale` is relative to the fitted size, `center` {x, y} what lies at the canvas's middle, in
   * shares of the film. Parts may be left out.
   */
  get state() {
    const { scale, center, mirrored, turns } = this.#camera;
    return { window: this.window, invert: this.invert, mirrored, turns, scale, center };
  }

  set state({ window, invert = this.invert, mirrored = this.mirrored, turns, ...position }) {
    if (window) this.window = window;
    this.invert = invert;
    this.mirrored = mirrored;
    this.turns = turns;
    this.#move(() => this.#camera.set(position));
  }

  /**
   * {x, y, magnification}: which film pixel lies at the canvas's middle, and CSS pixels per film
   * pixel. May be set.
   */
  get place() {
    const { film, center, magnification } = this.#camera;
    return { x: center.x * film.columns, y: center.y * film.rows, magnification };
  }

  set place({ x, y, magnification }) {
    const { film, scale } = this.#camera;
    const factor = magnification / this.#camera.magnification;
    this.#move(() => this.#camera.set({ scale: scale * factor, center: { x: x / film.columns, y: y / film.rows } }));
  }

  /** Of the box around both lungs, as `lungsOf`; null unless both are seen. */
  get lungs() {
    return this.#film?.lungs ?? null;
  }

  /** Draw now what the next frame would; the canvas can then be read in the same task. */
  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#isSized || this.#isClosed || this.lost) return;
    const { columns, rows } = this.#camera.screen;
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
    if (this.#tableIsStale) this.#refillTable();
    this.#renderer.draw(this.#camera, this.#display);
  }

  #refillTable() {
    if (!this.#film) return;
    const { view: { slope, intercept, inverted }, pyramid: { gain }, lut } = this.#film;
    const white = inverted !== this.invert;
    fillTable(this.#table, this.window, { slope, intercept, gain, white, lut });
    this.#renderer.setTable(this.#table);
    this.#tableIsStale = false;
  }

  #set(kind, value) {
    if (this.#display[kind] === value) return;
    this.#display[kind] = value;
    this.#changed(kind);
  }

  #move(change) {
    const before = { ...this.#camera };
    change();
    const { scale, center } = this.#camera;
    if (scale === before.scale && center.x === before.center.x && center.y === before.center.y) return;
    this.#changed("camera");
  }

  #changed(kind) {
    if (this.#isClosed) return;
    this.#frame ||= requestAnimationFrame(() => this.draw());
    this.dispatchEvent(new CustomEvent("change", { detail: { kind } }));
  }

  #resize(canvas) {
    this.#isSized = canvas.width > 0 && canvas.height > 0;
    if (!this.#isSized) return;
    this.#camera.canvas = canvas;
    this.#changed("size");
  }

  #lose(event) {
    event.preventDefault(); // else it would never be restored
    this.#changed("context");
  }

  #restore() {
    this.#renderer.restore();
    this.#changed("context");
  }
}
