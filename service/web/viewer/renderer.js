/** Draws the film with WebGL 2. */

import { makeProgram } from "./shader_program.js";
import { intersection, isEmpty } from "./rectangles.js";
import { Samples } from "./screen_samples.js";
import { COVER_ALL, show } from "./shaders.js";
import { refillTable, tableTexture } from "./textures.js";

const LEAST_LIMIT = 2048; // what every WebGL 2 can do
const UNITS = { seen: 0, table: 1 };
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
    /** Longest side of a texture, in texels. A context that is lost does not tell. */
    this.limit = this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE) ?? LEAST_LIMIT;
    this.#build();
  }

  /** Whether nothing can be drawn, for now. */
  get lost() {
    return this.#gl.isContextLost();
  }

  #build() {
    const gl = this.#gl;
    this.#plain = makeProgram(gl, COVER_ALL, show(false), UNITS);
    this.#marked = makeProgram(gl, COVER_ALL, show(true), UNITS);
    this.#samples = new Samples(gl);
    gl.activeTexture(gl.TEXTURE0 + UNITS.table);
    this.#greys = tableTexture(gl);
  }

  /** Make everything anew in a context that came back. */
  restore() {
    this.#build();
    this.show(this.#film);
    if (this.#table) this.setTable(this.#table);
  }

  /**
   * Take another film, or null for none.
   *
   * @param {import("./film.js").Film|null} film
   */
  show(film) {
    this.#film = film;
    this.#samples.show(film);
  }

  /** Take the greys of another window, 65,536 of them. */
  setTable(table) {
    this.#table = table;
    this.#gl.activeTexture(this.#gl.TEXTURE0 + UNITS.table);
    refillTable(this.#gl, table);
  }

  /**
   * Draw the film as the camera sees it.
   *
   * @param {import("./camera.js").Camera} camera
   * @param {{overlay: number, outlines: boolean, zones: boolean}} look
   */
  draw(camera, { overlay, outlines, zones }) {
    const gl = this.#gl;
    gl.clear(gl.COLOR_BUFFER_BIT);
    const { sight, extent, screen } = camera;
    const seen = intersection(sight, extent);
    if (!this.#film || isEmpty(seen)) return;
    const isMarked = this.#film.maps !== null && (overlay > 0 || outlines || zones);
    this.#samples.bind(camera, isMarked ? { outlines, zones } : null);
    const program = isMarked ? this.#marked : this.#plain;
    program.use();
    program.set({
      corner: [-sight.left, -sight.top],
      height: screen.rows,
      period: [screen.columns, screen.rows],
      overlay,
    });
    gl.viewport(
      seen.left - sight.left, sight.bottom - seen.bottom,
      seen.right - seen.left, seen.bottom - seen.top,
    );
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Free what the graphics card holds. */
  close() {
    this.#gl.deleteTexture(this.#greys);
    for (const program of [this.#plain, this.#marked]) program.free();
    this.#samples.close();
  }
}
