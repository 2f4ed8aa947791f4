/** Uploads: files chosen or dropped, two at a time, each with its progress and outcome. */

import { html, useCallback, useEffect, useRef, useState } from "../vendor/preact.js";
import { uploadFilm } from "../api.js";
import { score } from "../format.js";
import { problemText, t } from "../words.js";
import { droppedFiles, isFilm } from "./dropped_files.js";
import { prefetch } from "./film_data.js";

const MAX_PARALLEL = 2;
const SERVICE_UNAVAILABLE = 503;
const RETRY_MS = 2000;

/**
 * Return {items, skipped, add, clear, allowed}. An item is {key, name, state, fraction, result,
 * problem}. A film that was added alone is opened once it is graded.
 */
export function useUploads(open, refresh, user) {
  const [items, setItems] = useState([]);
  const [skipped, setSkipped] = useState(0);
  const queue = useRef([]);
  const running = useRef(0);
  const mounted = useRef(true);
  useEffect(() => () => { mounted.current = false; }, []);
  const update = (key, facts) =>
    setItems((old) => old.map((item) => (item.key === key ? { ...item, ...facts } : item)));

  const upload = async ({ key, file, alone }) => {
    const onProgress = (fraction) => update(key, fraction === null ? { state: "grading" } : { state: "sending", fraction });
    try {
      const result = await uploadFilm(file, onProgress);
      update(key, { state: "done", result });
      if (alone) {
        prefetch(result.id);
        open(result.id);
      }
    } catch (problem) {
      if (problem.status === SERVICE_UNAVAILABLE && mounted.current) {
        update(key, { state: "waiting" });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        return upload({ key, file, alone });
      }
      update(key, { state: "failed", problem });
      if (alone && problem.resultId) open(problem.resultId);
    }
    refresh();
    return undefined;
  };
  const startNext = async () => {
    if (running.current >= MAX_PARALLEL || !queue.current.length || !mounted.current) return;
    running.current += 1;
    await upload(queue.current.shift());
    running.current -= 1;
    startNext();
  };
  const add = useCallback((files) => {
    const films = files.filter(isFilm);
    const added = films.map((file) => ({ key: crypto.randomUUID?.() ?? String(Math.random()), file, alone: films.length === 1 }));
    setSkipped(files.length - films.length);
    setItems((old) => [...added.map(({ key, file }) => ({ key, name: file.name, state: "queued" })), ...old]);
    queue.current.push(...added);
    for (let slot = 0; slot < MAX_PARALLEL; slot += 1) startNext();
  }, []);
  const clear = () => {
    setSkipped(0);
    setItems((old) => old.filter(({ state }) => state !== "done" && state !== "failed"));
  };
  return { items, skipped, add, clear, allowed: user.permissions.includes("send") };
}

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
  const finished = uploads.items.some(({ state }) => state === "done" || state === "failed");
  return html`
    <section class="uploads" aria-label=${t("upload.title")}>
      <div class="row">
        <button class="main" disabled=${!uploads.allowed} onClick=${() => fileInput.current.click()}>${t("upload.choose")}</button>
        <button disabled=${!uploads.allowed} onClick=${() => folderInput.current.click()}>${t("upload.folder")}</button>
        <input ref=${fileInput} class="visually-hidden" type="file" multiple tabindex="-1" aria-label=${t("upload.files")} onChange=${addFiles} />
        <input ref=${folderInput} class="visually-hidden" type="file" webkitdirectory tabindex="-1" aria-label=${t("upload.folder")} onChange=${addFiles} />
      </div>
      ${uploads.items.length > 0 && html`
        <ul class="upload-list">
          ${uploads.items.map((item) => html`<${Upload} key=${item.key} item=${item} open=${open} />`)}
        </ul>`}
      ${uploads.skipped > 0 && html`<p class="dim">${t("upload.skipped", { count: uploads.skipped })}</p>`}
      ${finished && html`<button class="quiet" onClick=${uploads.clear}>${t("upload.clear")}</button>`}
    </section>`;
}

function Upload({ item, open }) {
  const id = item.result?.id ?? item.problem?.resultId;
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
  if (state === "done") {
    return t("upload.done", { severity: t(`severity.${result.severity}`), value: score(result.scores.brixia.value) });
  }
  if (state === "failed") return problemText(problem);
  return t(`upload.${state}`);
}
