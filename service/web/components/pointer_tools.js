/** What follows the pointer over the film: the pixel's value, and the magnifier. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { t } from "../words.js";

const LENS_PX = 220;
const ENLARGEMENT = 3;

/** Return where the pointer is over a viewer's film, in CSS pixels; null elsewhere. */
function usePointer(viewer) {
  const [position, setPosition] = useState(null);
  useEffect(() => {
    const onHover = ({ detail }) => setPosition(detail);
    viewer.addEventListener("hover", onHover);
    return () => viewer.removeEventListener("hover", onHover);
  }, [viewer]);
  return position && viewer.valueAt(position.x, position.y) !== null ? position : null;
}

/** The value at the pointer, as the file has it before any window, and its column and row. */
export function PixelValue({ viewer }) {
  const position = usePointer(viewer);
  if (!position) return null;
  const { x, y } = viewer.toFilm(position.x, position.y);
  const value = viewer.valueAt(position.x, position.y);
  return html`<span>${t("viewer.value", { x: Math.floor(x), y: Math.floor(y), value: Number(value.toFixed(2)) })}</span>`;
}

/** A round piece of the film around the pointer, enlarged. */
export function Magnifier({ viewer }) {
  const position = usePointer(viewer);
  const canvas = useRef(null);
  useEffect(() => {
    if (!position) return;
    canvas.current.style.transform = `translate(${position.x - LENS_PX / 2}px, ${position.y - LENS_PX / 2}px)`;
    viewer.lens(canvas.current.getContext("2d"), position.x, position.y, ENLARGEMENT);
  });
  const pixels = Math.round(LENS_PX * devicePixelRatio);
  return position && html`<canvas ref=${canvas} class="magnifier" width=${pixels} height=${pixels} />`;
}
