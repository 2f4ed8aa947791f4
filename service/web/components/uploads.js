/** Films on their way in: chosen or dropped, two at a time, each with what became of it. */

import { html, useCallback, useEffect, useRef, useState } from "../vendor/preact.js";
import { sendFilm } from "../api.js";
import { score } from "../format.js";
import { problemWords, t } from "../words.js";
import { filmsOf, isFilm } from "./dropped_files.js";
import { expect } from "./film_data.js";

const AT_ONCE = 2;
const BUSY = 503;
const PAUSE_MS = 2000;

/**
 * Return {items, skipped, add, clear}. An item is {key, name, state, share, result, problem}.
 * The first film that is graded is opened when it was chosen alone.
 */
export function useUploads(open, refresh, user) {
  const [items, setItems] = useState([]);
  const [skipped, setSkipped] = useState(0);
  const queue = useRef([]);
  const running = useRef(0);
  const here = useRef(true);
  useEffect(() => () => { here.current = false; }, []);
  const change = (key, facts) =>
    setItems((old) => old.map((item) => (item.key === key ? { ...item, ...facts } : item)));

  const send = async ({ key, file, alone }) => {
    const tell = (share) => change(key, share === null ? { state: "grading" } : { state: "sending", share });
    try {
      const result = await sendFilm(file, tell);
      change(key, { state: "done", result });
      if (alone) {
        expect(result.id);
        open(result.id);
      }
    } catch (problem) {
      if (problem.status === BUSY && here.current) {
        change(key, { state: "waiting" });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        return send({ key, file, alone });
      }
      change(key, { state: "failed", problem });
      if (alone && problem.resultId) open(problem.resultId);
    }
    refresh();
    return undefined;
  };
  const pump = async () => {
    if (running.current >= AT_ONCE || !queue.current.length || !here.current) return;
    running.current += 1;
    await send(queue.current.shift());
    running.current -= 1;
    pump();
  };
  const add = useCallback((files) => {
    const films = files.filter(isFilm);
    const fresh = films.map((file) => ({ key: crypto.randomUUID?.() ?? String(Math.random()), file, alone: films.length === 1 }));
    setSkipped(files.length - films.length);
    setItems((old) => [...fresh.map(({ key, file }) => ({ key, name: file.name, state: "queued" })), ...old]);
    queue.current.push(...fresh);
    for (let slot = 0; slot < AT_ONCE; slot += 1) pump();
  }, []);
  const clear = () => {
    setSkipped(0);
    setItems((old) => old.filter(({ state }) => state !== "done" && state !== "failed"));
  };
  return { items, skipped, add, clear, allowed: user.permissions.includes("send") };
}

/** Take files and folders that are dropped anywhere; return whether some hover now. */
export function useDrop(add) {
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setHovering(true);
    };
    const leave = (event) => { if (event.relatedTarget === null) setHovering(false); };
    const drop = async (event) => {
      event.preventDefault();
      setHovering(false);
      add(await filmsOf(event.dataTransfer));
    };
    const handlers = { dragover: over, dragleave: leave, drop };
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name, handler);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) removeEventListener(name, handler);
    };
  }, [add]);
  return hovering;
}

/** The buttons that add films, and the list of those on their way. */
export function Uploads({ uploads, chooser, open }) {
  const folder = useRef(null);
  const take = (event) => {
    uploads.add([...event.target.files]);
    event.target.value = "";
  };
  const finished = uploads.items.some(({ state }) => state === "done" || state === "failed");
  return html`
    <section class="uploads" aria-label=${t("upload.title")}>
      <div class="row">
        <button class="main" disabled=${!uploads.allowed} onClick=${() => chooser.current.click()}>${t("upload.choose")}</button>
        <button disabled=${!uploads.allowed} onClick=${() => folder.current.click()}>${t("upload.folder")}</button>
        <input ref=${chooser} class="unseen" type="file" multiple tabindex="-1" aria-label=${t("upload.files")} onChange=${take} />
        <input ref=${folder} class="unseen" type="file" webkitdirectory tabindex="-1" aria-label=${t("upload.folder")} onChange=${take} />
      </div>
      ${uploads.items.length > 0 && html`
        <ul class="sending">
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
      ${state === "sending" && html`<progress value=${item.share} aria-label=${name} />`}
      ${state === "grading" && html`<progress aria-label=${name} />`}
      <span class="what">${outcome(item)}</span>
    </li>`;
}

function outcome({ state, share, result, problem }) {
  if (state === "sending") return t("upload.sending", { percent: Math.round(100 * share) });
  if (state === "done") {
    return t("upload.done", { severity: t(`severity.${result.severity}`), value: score(result.scores.brixia.value) });
  }
  if (state === "failed") return problemWords(problem);
  return t(`upload.${state}`);
}
