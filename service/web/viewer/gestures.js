/** Mouse, stylus, wheel and touch on the canvas. */

const ZOOM_PER_PX = 0.008;
const ZOOM_PER_WHEEL_PX = 0.0015;
const ZOOM_PER_PINCH_PX = 0.01; // a trackpad's pinch comes as a wheel with Ctrl
const PX_PER_LINE = 40;
const MIDDLE = 1;
const RIGHT = 2;

/** Turns gestures into calls of a viewer's methods, until it is closed. */
export class Gestures {
  #canvas;
  #viewer;
  #listening = new AbortController();
  #pointers = new Map(); // last position by pointer id, in CSS pixels of the canvas
  #drag = null; // {tool, from: start position}
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
      dblclick: (event) => event.button === 0 && viewer.fit(),
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
    if (this.#pointers.size === 1) this.#drag = { tool: this.#toolOf(event), from: positionOf(event) };
  }

  #toolOf({ pointerType, button, shiftKey }) {
    if (pointerType === "touch" || button === RIGHT) return "pan";
    if (button === MIDDLE) return "zoom";
    return shiftKey || this.#spaceIsDown ? "pan" : this.#viewer.tool;
  }

  #moved(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = positionOf(event);
    if (this.#pointers.size === 1) this.#dragged(now.x - before.x, now.y - before.y);
    else this.#pinched(event.pointerId, before, now);
    this.#pointers.set(event.pointerId, now);
  }

  #dragged(dx, dy) {
    const { tool, from } = this.#drag;
    if (tool === "pan") this.#viewer.panBy(dx, dy);
    else if (tool === "zoom") this.#viewer.zoomBy(Math.exp(-dy * ZOOM_PER_PX), from.x, from.y);
    else this.#viewer.windowBy(dx, dy);
  }

  /** One of two fingers moved: the film stays under both. */
  #pinched(id, before, now) {
    const [other] = [...this.#pointers].find(([one]) => one !== id).slice(1);
    const distance = (position) => Math.max(1, Math.hypot(position.x - other.x, position.y - other.y));
    this.#viewer.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.#viewer.zoomBy(distance(now) / distance(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  /** The finger that remains goes on panning. */
  #released(event) {
    this.#pointers.delete(event.pointerId);
    const [left] = this.#pointers.values();
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
