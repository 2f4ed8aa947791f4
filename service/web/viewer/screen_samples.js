/**
 * The film resampled to the screen's pixels, kept from frame to frame: another window then costs
 * no more than a table lookup, and a film that was moved only the pixels that came into view.
 *
 * A pixel is counted from the film's corner as displayed and lies in the texture at its position
 * modulo the texture's size, which is the canvas's: what comes into view replaces what left it.
 */

import { makeProgram } from "./shader_program.js";
import { contains, difference, intersection, tiled } from "./rectangles.js";
import { COVER_ALL, MARKS, values } from "./shaders.js";
import { levelTexture, mapsTexture, samplesTexture } from "./textures.js";

const UNITS = { level: 0, maps: 0 };
const EMPTY = { left: 0, top: 0, right: 0, bottom: 0 };
const ALMOST_ONE = 1.0001;
const LINE_WIDTH = 1.5; // CSS pixels
const OFF_SCREEN = -1e6;

export class ScreenSamples {
  #gl;
  #programs;
  #target;
  #film = null;
  #textures = new Map(); // by level, and of the maps
  #texture = null;
  #size = { columns: 0, rows: 0 }; // the texture's
  #sampled = EMPTY;
  #sampledFor = ""; // what the samples depend on besides their position

  constructor(gl) {
    this.#gl = gl;
    this.#target = gl.createFramebuffer();
    this.#programs = {
      interpolated: makeProgram(gl, COVER_ALL, values(2), UNITS),
      averaged: makeProgram(gl, COVER_ALL, values(3), UNITS),
      marks: makeProgram(gl, COVER_ALL, MARKS, UNITS),
    };
  }

  /** Show another film, or null for none. */
  show(film) {
    for (const texture of this.#textures.values()) this.#gl.deleteTexture(texture);
    this.#textures.clear();
    this.#film = film;
    this.#sampled = EMPTY;
  }

  /**
   * Bind the samples of what the camera shows to texture unit 0; compute those that are missing.
   *
   * @param {import("./camera.js").Camera} camera
   * @param {{outlines: boolean, zones: boolean}|null} marks null if none are wanted
   */
  bind(camera, marks) {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0);
    this.#invalidate(camera, marks);
    const wanted = intersection(camera.visibleRect, camera.filmRect);
    if (!contains(this.#sampled, wanted)) {
      this.#sample(difference(wanted, this.#sampled), camera, marks);
      this.#sampled = wanted;
    }
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
  }

  /** Drop the samples where zoom, mirroring, canvas or marks have changed. */
  #invalidate({ screen, pixelScale, mirrored, turns }, marks) {
    const wanted = JSON.stringify([screen, pixelScale, mirrored, turns, marks]);
    if (wanted === this.#sampledFor) return;
    this.#sampledFor = wanted;
    this.#sampled = EMPTY;
    if (screen.columns !== this.#size.columns || screen.rows !== this.#size.rows) this.#resize(screen);
  }

  /** Allocate a texture of the canvas's size to render into. */
  #resize(size) {
    const gl = this.#gl;
    gl.deleteTexture(this.#texture);
    this.#texture = samplesTexture(gl, size);
    this.#size = size;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#target);
    gl.framebufferTexture2D(
      gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#texture, 0,
    );
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  #sample(parts, camera, marks) {
    const gl = this.#gl;
    const pieces = parts.flatMap((part) => tiled(part, this.#size.columns, this.#size.rows));
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#target);
    gl.colorMask(true, true, false, false);
    this.#fill(pieces, ...this.#valuesOf(camera));
    if (marks) {
      gl.colorMask(false, false, true, true);
      this.#fill(pieces, ...this.#marksOf(camera, marks));
    }
    gl.colorMask(true, true, true, true);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** Run a program over pieces of the samples, each within one repetition of the texture. */
  #fill(pieces, program, uniforms) {
    const gl = this.#gl;
    const { columns, rows } = this.#size;
    program.use();
    program.set(uniforms);
    for (const { left, top, right, bottom } of pieces) {
      const [x, y] = [columns * Math.floor(left / columns), rows * Math.floor(top / rows)];
      gl.viewport(left - x, top - y, right - left, bottom - top);
      program.set({ shift: [x, y] });
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
  }

  #valuesOf({ pixelScale, direction, turned, film }) {
    const { pyramid } = this.#film;
    const level = pyramid.levelFor(pixelScale);
    const box = 1 / (pixelScale * level.reach);
    const isAverage = box > ALMOST_ONE;
    this.#bindCached(level, () => levelTexture(this.#gl, level));
    return [isAverage ? this.#programs.averaged : this.#programs.interpolated, {
      pixelScale,
      start: [direction.x > 0 ? 0 : film.columns, direction.y > 0 ? 0 : film.rows],
      direction: [direction.x, direction.y],
      turned,
      size: [level.columns, level.rows],
      reach: level.reach,
      box: isAverage ? Math.min(2, box) : 1,
      gain: pyramid.gain / level.gain,
    }];
  }

  #marksOf({ pixelScale, direction, turned, film, canvas }, { outlines, zones, contour }) {
    const { maps, view, zones: lungs } = this.#film;
    this.#bindCached("maps", () => mapsTexture(this.#gl, maps, view.maps));
    const borders = lungs.flatMap((lung) => lung?.borders ?? [OFF_SCREEN, OFF_SCREEN]);
    return [this.#programs.marks, {
      extent: [film.columns * pixelScale, film.rows * pixelScale],
      direction: [direction.x, direction.y],
      turned,
      outlines,
      contoured: contour,
      zones,
      borders: borders.map((row) => row * pixelScale),
      line: LINE_WIDTH * canvas.ratio,
      involved: view.maps.involved,
    }];
  }

  #bindCached(key, make) {
    const gl = this.#gl;
    if (this.#textures.has(key)) gl.bindTexture(gl.TEXTURE_2D, this.#textures.get(key));
    else this.#textures.set(key, make());
  }

  /** Free the graphics card's memory. */
  close() {
    this.show(null);
    this.#gl.deleteTexture(this.#texture);
    this.#gl.deleteFramebuffer(this.#target);
    for (const program of Object.values(this.#programs)) program.free();
  }
}
