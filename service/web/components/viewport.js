/** The film on its canvas, with its annotations. */

import { html, useLayoutEffect, useReducer, useRef, useState } from "../vendor/preact.js";
import { acquired, dateTime, score } from "../format.js";
import { problemText, t } from "../words.js";
import { giveBack, takeViewer } from "../viewer/viewer_pool.js";
import { Annotations } from "./annotations.js";
import { waitingKey } from "./film_data.js";

/**
 * `image`: {view, pixels, maps, derived}, null while it loads, first at a screen's size. `display`: the layers and the mouse's tool.
 * `isBehind`: another film is in front of it. `onViewer` gets the viewer once it shows the film, and null when it is removed.
 */
export function Viewport({ film, image, problem, readable, display, isBehind, onViewer, caption }) {
  const place = useRef(null);
  const [viewer, setViewer] = useState(null);
  const [failure, setFailure] = useState(null);
  const [isShown, setIsShown] = useState(false);
  const [, redraw] = useReducer((count) => count + 1, 0);
  // What is in memory is on the screen with the next frame: nothing waits for one before.
  useLayoutEffect(() => {
    let taken;
    try {
      taken = takeViewer();
    } catch {
      setFailure("no_webgl");
      return undefined;
    }
    const { canvas, viewer: created } = taken;
    const onChange = () => redraw();
    created.addEventListener("change", onChange);
    for (const [name, value] of Object.entries({ tabindex: 0, role: "img", "aria-label": t("viewer.label") })) canvas.setAttribute(name, value);
    place.current.append(canvas);
    setViewer(created);
    return () => {
      created.removeEventListener("change", onChange);
      giveBack(taken);
    };
  }, []);
  useLayoutEffect(() => {
    if (!viewer || !image) return;
    const { view, pixels, maps, derived } = image;
    if (isShown) viewer.refine(view, pixels, maps, derived);
    else viewer.show(view, pixels, maps, derived);
    // The viewer requested its frame before these, so the film is drawn by then.
    if (!isShown) requestAnimationFrame(() => performance.mark("film-shown"));
    if (derived.reach === 1) requestAnimationFrame(() => performance.mark("film-whole"));
    setIsShown(true);
  }, [viewer, image]);
  useLayoutEffect(() => {
    if (!isShown) return undefined;
    onViewer(viewer);
    return () => onViewer(null);
  }, [isShown]);
  useLayoutEffect(() => {
    if (!viewer) return;
    const { numbers, magnifier, ...layers } = display;
    Object.assign(viewer, layers);
  }, [viewer, image, display]);
  const id = film?.row.id;
  return html`
    <figure class=${isBehind ? "viewport behind" : "viewport"}>
      <div ref=${place} class="picture" hidden=${!image || failure} />
      ${viewer && image && film && html`<${Annotations} viewer=${viewer} view=${image.view} result=${film.result} display=${display} />`}
      ${!caption && film?.row.brixia && html`<p class=${`glance ${film.row.severity}`} aria-hidden="true"><b>${score(film.row.brixia.value)}</b> ${t(`severity.${film.row.severity}`)}</p>`}
      ${caption && film && html`<figcaption>${caption}: <span class="unbroken">${film.row.taken ? acquired(film.row.taken) : dateTime(film.row.received)}${film.row.brixia && html`, <b>${score(film.row.brixia.value)}</b>`}</span></figcaption>`}
      ${(film === null || readable) && !image && !problem && html`<p class="message" role="status"><span class="working" />${t("viewer.loading")}</p>`}
      ${film && film.result === null && !film.unread && html`<p class="message" role="status"><span class="working" />${t(waitingKey(film.row))}</p>`}
      ${film?.result?.status === "failed" && html`<p class="message">${t("status.failed")}</p>`}
      ${problem && html`<p class="message">${problem.code === "no_document" ? t("viewer.gone") : problemText(problem)}</p>`}
      ${failure && html`
        <div class="message"><p role="alert">${t(`viewer.${failure}`)}</p>
          ${film?.result?.scores && html`<img src=${`v1/results/${id}/overlay.png`} alt=${t("viewer.picture")} />`}</div>`}
    </figure>`;
}
