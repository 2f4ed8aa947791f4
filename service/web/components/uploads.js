/** Uploads: how films are added, and what becomes of each. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { score } from "../format.js";
import { problemText, t } from "../words.js";
import { droppedFiles } from "./dropped_files.js";
import { filmOf, isFinished } from "./upload_queue.js";

/** Accept files and folders dropped anywhere; return whether some are being dragged over the page. */
export function useDrop(add) {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event) => { if (event.relatedTarget === null) setDragging(false); };
    const drop = async (event) => {
      event.preventDefault();
      setDragging(false);
      add(await droppedFiles(event.dataTransfer));
    };
    const handlers = { dragover: over, dragleave: leave, drop };
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name, handler);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) removeEventListener(name, handler);
    };
  }, [add]);
  return dragging;
}

/** The buttons that add films, and the list of uploads. */
export function Uploads({ uploads, fileInput, open }) {
  const folderInput = useRef(null);
  const addFiles = (event) => {
    uploads.add([...event.target.files]);
    event.target.value = "";
  };
  const clearable = uploads.skipped > 0 || uploads.items.some(isFinished);
  return html`
    <section class="uploads" aria-label=${t("upload.title")}>
      <div class="row">
        <button class="main" disabled=${!uploads.allowed} onClick=${() => fileInput.current.click()}>${t("upload.choose")}</button>
        <button disabled=${!uploads.allowed} onClick=${() => folderInput.current.click()}>${t("upload.folder")}</button>
        <input ref=${fileInput} class="visually-hidden" type="file" multiple tabindex="-1" aria-label=${t("upload.files")} onChange=${addFiles} />
        <input ref=${folderInput} class="visually-hidden" type="file" webkitdirectory tabindex="-1" aria-label=${t("upload.folder")} onChange=${addFiles} />
      </div>
      <${UploadProgress} items=${uploads.items} />
      ${uploads.items.length > 0 && html`
        <ul class="upload-list">
          ${uploads.items.map((item) => html`<${Upload} key=${item.key} item=${item} open=${open} />`)}
        </ul>`}
      ${uploads.skipped > 0 && html`<p class="dim">${t("upload.skipped", { count: uploads.skipped })}</p>`}
      ${clearable && html`<button class="quiet" onClick=${uploads.clear}>${t("upload.clear")}</button>`}
    </section>`;
}

/** How far the films that were added are, until the last one is graded. */
export function UploadProgress({ items }) {
  const done = items.filter(isFinished).length;
  const busy = done < items.length;
  const text = busy ? t("upload.progress", { done, count: items.length }) : "";
  // A film that is sent counts half, so that the bar of a single one moves too.
  const value = items.reduce((sum, item) => sum + partOf(item), 0);
  return html`
    <div class="upload-progress">
      <p role="status">${text}</p>
      ${busy && html`<progress value=${value} max=${items.length} aria-label=${t("upload.title")} />`}
    </div>`;
}

const PARTS = { queued: 0, waiting: 0, grading: 0.5, done: 1, failed: 1 };
const partOf = ({ state, fraction }) => PARTS[state] ?? fraction / 2;

function Upload({ item, open }) {
  const id = filmOf(item);
  const { name, state } = item;
  return html`
    <li class=${state}>
      <span class="name" title=${name}>${name}</span>
      ${id && html`<button class="quiet" aria-label=${`${t("upload.open")}: ${name}`} onClick=${() => open(id)}>${t("upload.open")}</button>`}
      ${state === "sending" && html`<progress value=${item.fraction} aria-label=${name} />`}
      ${state === "grading" && html`<progress aria-label=${name} />`}
      <span class="outcome">${outcome(item)}</span>
    </li>`;
}

function outcome({ state, fraction, result, problem }) {
  if (state === "sending") return t("upload.sending", { percent: Math.round(100 * fraction) });
  if (state === "done" && !result.scores) return t("read_first.uploaded");
  if (state === "done") {
    return t("upload.done", { severity: t(`severity.${result.severity}`), value: score(result.scores.brixia.value) });
  }
  if (state === "failed") return problemText(problem);
  return t(`upload.${state}`);
}
