/** Puts a viewer and what tests ask of it where they can reach it. */

import { Viewer } from "./viewer/viewer.js";

/** Show the film that the server holds under a name. */
export async function show(name, viewer = globalThis.viewer) {
  const answer = await fetch(`films/${name}/view`);
  const view = await answer.json();
  const bytes = async (part) => (await fetch(`films/${name}/${part}`)).arrayBuffer();
  const pixels = new Uint16Array(await bytes("pixels"));
  viewer.show(view, pixels, view.maps && new Uint8Array(await bytes("maps")));
}

/** Return what is on the canvas as [r, g, b, a, ...], rows from above. */
export function drawn(viewer = globalThis.viewer) {
  viewer.draw();
  const gl = canvas.getContext("webgl2");
  const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
  const upwards = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, upwards);
  let text = "";
  for (let row = height - 1; row >= 0; row -= 1) {
    const line = upwards.subarray(4 * width * row, 4 * width * (row + 1));
    text += Array.from({ length: Math.ceil(line.length / 8192) }, (_, part) =>
      String.fromCharCode(...line.subarray(8192 * part, 8192 * (part + 1)))).join("");
  }
  return { width, height, base64: btoa(text) };
}

/** Return once a frame has been drawn. */
export const frame = () =>
  new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });

/** Have a canvas of its usual size with a viewer that shows nothing yet. */
export async function begin() {
  globalThis.viewer?.close();
  const fresh = document.createElement("canvas");
  document.body.replaceChildren(fresh);
  Object.assign(globalThis, { canvas: fresh, viewer: new Viewer(fresh) });
  while (fresh.width !== Math.round(fresh.clientWidth * devicePixelRatio)) await frame();
}

Object.assign(globalThis, { Viewer, show, drawn, frame, begin });
