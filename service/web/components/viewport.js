/** The film on its canvas, with what is written over it. */

import { html, useEffect, useReducer, useRef, useState } from "../vendor/preact.js";
import { day, score } from "../format.js";
import { problemWords, t } from "../words.js";
import { Viewer } from "../viewer/viewer.js";
import { Labels } from "./annotations.js";

/**
 * `picture`: {view, pixels, maps} or null while it loads. `shown`: what is laid over the film.
 * `onViewer` gets the viewer once it shows the film, null when it goes.
 */
export function Stage({ film, picture, problem, readable, shown, onViewer, caption }) {
  const canvas = useRef(null);
  const [viewer, setViewer] = useState(null);
  const [fault, setFault] = useState(null);
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    let made;
    try {
      made = new Viewer(canvas.current);
    } catch {
      setFault("no_webgl");
      return undefined;
    }
    const moved = () => redraw();
    made.addEventListener("change", moved);
    setViewer(made);
    return () => {
      made.removeEventListener("change", moved);
      made.close();
    };
  }, []);
  useEffect(() => {
    if (!viewer || !picture) return undefined;
    viewer.show(picture.view, picture.pixels, picture.maps);
    // The viewer asked for its frame before, so the film is drawn by then.
    requestAnimationFrame(() => performance.mark("film-shown"));
    onViewer(viewer);
    redraw();
    return () => onViewer(null);
  }, [viewer, picture]);
  useEffect(() => { if (viewer) Object.assign(viewer, shown); }, [viewer, picture, shown]);
  const id = film?.row.id;
  return html`
    <figure class="stage">
      <canvas ref=${canvas} tabindex="0" role="img" aria-label=${t("viewer.label")} hidden=${!picture || fault} />
      ${viewer && picture && html`<${Labels} viewer=${viewer} view=${picture.view} result=${film.result} shown=${shown} room=${canvas.current.clientWidth} />`}
      ${caption && film && html`<figcaption>${caption}: ${day(film.row.taken ?? film.row.received)}${film.row.brixia ? `, ${score(film.row.brixia.value)}` : ""}</figcaption>`}
      ${readable && !picture && !problem && html`<p class="over" role="status">${t("viewer.loading")}</p>`}
      ${film && film.result === null && html`<p class="over" role="status">${t("panel.waiting")}</p>`}
      ${film?.result?.status === "failed" && html`<p class="over">${t("status.failed")}</p>`}
      ${problem && html`<p class="over">${problem.code === "no_document" ? t("viewer.gone") : problemWords(problem)}</p>`}
      ${fault && html`
        <div class="over"><p role="alert">${t(`viewer.${fault}`)}</p>
          ${film?.result?.scores && html`<img src=${`v1/results/${id}/overlay.png`} alt=${t("viewer.picture")} />`}</div>`}
    </figure>`;
}
