/** Mouse, stylus, wheel and touch on the canvas. */

import { MEASURES } from "./measurements.js";

const ZOOM_PER_PX = 0.008;
const ZOOM_PER_WHEEL_PX = 0.0015;
const ZOOM_PER_PINCH_PX = 0.01; // a trackpad's pinch comes as a wheel with Ctrl
const PX_PER_LINE = 40;
const MIDDLE = 1;
const RIGHT = 2;
const DECIDED_PX = 10; // so far two fingers move before it is clear what they do

/** Turns gestures into calls of a viewer's methods, until it is closed. */
export class Gestures {
  #canvas;
  #viewer;
  #listening = new AbortController();
  #pointers = new Map(); // last position by pointer id, in CSS pixels of the canvas
  #drag = null; // {tool, from: start position}
  #pair = null; // of two fingers: {start, last, does: "pinch", "window", or null until it is clear}
  #spaceIsDown = false;

  constructor(canvas, viewer) {
    this.#canvas = canvas;
    this.#viewer = viewer;
    canvas.style.touchAction = "none";
    const handlers = {
      pointerdown: (event) => this.#pressed(event),
      pointermove: (event) => this.#moved(event),
      pointerup: (event) => this.#released(event),
      pointercancel: (event) => this.#released(event),
      lostpointercapture: (event) => this.#released(event),
      wheel: (event) => this.#wheeled(event),
      pointerleave: () => viewer.hover(),
      dblclick: (event) => event.button === 0 && !MEASURES.includes(viewer.tool) && viewer.fit(),
      contextmenu: (event) => event.preventDefault(),
    };
    for (const [kind, handler] of Object.entries(handlers)) this.#listen(canvas, kind, handler);
    const space = (isDown) => (event) => {
      if (event.code === "Space") this.#spaceIsDown = isDown;
    };
    this.#listen(window, "keydown", space(true));
    this.#listen(window, "keyup", space(false));
    this.#listen(window, "blur", () => { this.#spaceIsDown = false; });
  }

  close() {
    this.#listening.abort();
  }

  #listen(target, kind, handler) {
    target.addEventListener(kind, handler, { signal: this.#listening.signal, passive: false });
  }

  #pressed(event) {
    if (event.button === MIDDLE) event.preventDefault(); // the browser would scroll
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, positionOf(event));
    if (this.#pointers.size === 1) {
      this.#drag = { tool: this.#toolOf(event), from: positionOf(event) };
      if (MEASURES.includes(this.#drag.tool)) this.#measure("press", positionOf(event));
    } else {
      if (MEASURES.includes(this.#drag?.tool)) this.#measure("drop");
      this.#pair = { start: this.#handOf(), last: this.#handOf(), does: null };
    }
  }

  #measure(step, { x, y } = {}) {
    this.#viewer.measure(step, x, y);
  }

  /** A finger moves the film unless a tool that measures is chosen. The mouse's buttons are OHIF's. */
  #toolOf({ pointerType, button, shiftKey }) {
    if (button === MIDDLE) return "pan";
    if (button === RIGHT) return "zoom";
    const { tool } = this.#viewer;
    if (pointerType === "touch") return MEASURES.includes(tool) ? tool : "pan";
    return shiftKey || this.#spaceIsDown ? "pan" : tool;
  }

  #moved(event) {
    const now = positionOf(event);
    if (event.pointerType !== "touch") this.#viewer.hover(now);
    const before = this.#pointers.get(event.pointerId);
    if (before) {
      this.#pointers.set(event.pointerId, now);
      if (this.#pointers.size === 1) this.#dragged(before, now);
      else this.#pairMoved();
    } else if (MEASURES.includes(this.#viewer.tool)) {
      this.#measure("move", now);
    }
  }

  #dragged(before, now) {
    const { tool, from } = this.#drag;
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (tool === "pan") this.#viewer.panBy(dx, dy);
    else if (tool === "zoom") this.#viewer.zoomBy(Math.exp(-dy * ZOOM_PER_PX), from.x, from.y);
    else if (tool === "window") this.#viewer.windowBy(dx, dy);
    else this.#measure("move", now);
  }

  /** Where two fingers are: {middle, distance, fingers}. */
  #handOf() {
    const fingers = [...this.#pointers.values()].slice(0, 2);
    const [one, other] = fingers;
    return {
      fingers,
      middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 },
      distance: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
    };
  }

  /** Fingers that part or close zoom, and the film stays under both; those that go together change the window. */
  #pairMoved() {
    const hand = this.#handOf();
    this.#pair.does ??= this.#decide(hand);
    if (this.#pair.does === null) return;
    const { middle, distance } = this.#pair.last;
    const [dx, dy] = [hand.middle.x - middle.x, hand.middle.y - middle.y];
    this.#pair.last = hand;
    if (this.#pair.does === "window") {
      this.#viewer.windowBy(dx, dy);
      return;
    }
    this.#viewer.panBy(dx, dy);
    this.#viewer.zoomBy(hand.distance / distance, hand.middle.x, hand.middle.y);
  }

  /** Return what two fingers do; null while only one of them moved, or neither far enough. */
  #decide(hand) {
    const { start } = this.#pair;
    const moved = hand.fingers.map((now, index) => Math.hypot(now.x - start.fingers[index].x, now.y - start.fingers[index].y));
    if (Math.min(...moved) === 0 && Math.max(...moved) < 3 * DECIDED_PX) return null;
    const parted = Math.abs(hand.distance - start.distance);
    const went = Math.hypot(hand.middle.x - start.middle.x, hand.middle.y - start.middle.y);
    if (Math.max(parted, went) < DECIDED_PX) return null;
    return parted > went ? "pinch" : "window";
  }

  /** The finger that remains goes on panning. */
  #released(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (MEASURES.includes(this.#drag?.tool) && this.#pair === null) this.#measure("release", positionOf(event));
    const [left] = this.#pointers.values();
    this.#pair = null;
    this.#drag = left ? { tool: "pan", from: left } : null;
  }

  #wheeled(event) {
    event.preventDefault();
    const pixels = [1, PX_PER_LINE, this.#canvas.clientHeight][event.deltaMode] * event.deltaY;
    const speed = event.ctrlKey ? ZOOM_PER_PINCH_PX : ZOOM_PER_WHEEL_PX;
    const { x, y } = positionOf(event);
    this.#viewer.zoomBy(Math.exp(-pixels * speed), x, y);
  }
}

const positionOf = ({ offsetX, offsetY }) => ({ x: offsetX, y: offsetY });
