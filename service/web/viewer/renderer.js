/** Draws the film with WebGL 2. */

import { makeProgram } from "./shader_program.js";
import { intersection, isEmpty } from "./rectangles.js";
import { ScreenSamples } from "./screen_samples.js";
import { COVER_ALL, show } from "./shaders.js";
import { refillTable, tableTexture } from "./textures.js";

const MIN_TEXTURE_SIZE = 2048; // that WebGL 2 guarantees
const UNITS = { samples: 0, table: 1 };
const CONTEXT = {
  alpha: false, antialias: false, depth: false, stencil: false, powerPreference: "high-performance",
};

export class Renderer {
  #gl;
  #plain;
  #marked;
  #samples;
  #greys; // the table's texture
  #film = null;
  #table = null;

  /** Throws an Error with code `no_webgl` where there is no WebGL 2. */
  constructor(canvas) {
    this.#gl = canvas.getContext("webgl2", CONTEXT);
    if (!this.#gl) throw Object.assign(new Error("WebGL 2 is missing."), { code: "no_webgl" });
    /** Longest side of a texture, in texels. A lost context returns null. */
    this.limit = this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE) ?? MIN_TEXTURE_SIZE;
    this.#build();
  }

  /** Whether the graphics context is lost, for now. */
  get lost() {
    return this.#gl.isContextLost();
  }

  #build() {
    const gl = this.#gl;
    this.#plain = makeProgram(gl, COVER_ALL, show(false), UNITS);
    this.#marked = makeProgram(gl, COVER_ALL, show(true), UNITS);
    this.#samples = new ScreenSamples(gl);
    gl.activeTexture(gl.TEXTURE0 + UNITS.table);
    this.#greys = tableTexture(gl);
  }

  /** Create all resources again in a restored context. */
  restore() {
    this.#build();
    this.show(this.#film);
    if (this.#table) this.setTable(this.#table);
  }

  /**
   * Show another film, or null for none.
   *
   * @param {import("./film.js").Film|null} film
   */
  show(film) {
    this.#film = film;
    this.#samples.show(film);
  }

  /** Use the grey table of another window, 65,536 entries. */
  setTable(table) {
    this.#table = table;
    this.#gl.activeTexture(this.#gl.TEXTURE0 + UNITS.table);
    refillTable(this.#gl, table);
  }

  /**
   * Draw the part of the film that the camera shows.
   *
   * @param {import("./camera.js").Camera} camera
   * @param {{overlay: number, outlines: boolean, zones: boolean}} layers
   */
  draw(camera, { overlay, outlines, zones }) {
    const gl = this.#gl;
    gl.clear(gl.COLOR_BUFFER_BIT);
    const { visibleRect, filmRect, screen } = camera;
    const drawn = intersection(visibleRect, filmRect);
    if (!this.#film || isEmpty(drawn)) return;
    const isMarked = this.#film.maps !== null && (overlay > 0 || outlines || zones);
    this.#samples.bind(camera, isMarked ? { outlines, zones, contour: overlay > 0 } : null);
    const program = isMarked ? this.#marked : this.#plain;
    program.use();
    program.set({
      corner: [-visibleRect.left, -visibleRect.top],
      height: screen.rows,
      period: [screen.columns, screen.rows],
      overlay,
    });
    gl.viewport(
      drawn.left - visibleRect.left, visibleRect.bottom - drawn.bottom,
      drawn.right - drawn.left, drawn.bottom - drawn.top,
    );
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Free the graphics card's memory. */
  close() {
    this.#gl.deleteTexture(this.#greys);
    for (const program of [this.#plain, this.#marked]) program.free();
    this.#samples.close();
  }
}
