/** The films that are being uploaded: two at a time, until the service has a place for each. */

import { useCallback, useEffect, useRef, useState } from "../vendor/preact.js";
import { uploadFilm } from "../api.js";
import { isFilm } from "./dropped_files.js";
import { loadPreview } from "./film_images.js";

const MAX_PARALLEL = 2;
const SERVICE_UNAVAILABLE = 503;
const RETRY_MS = 2000;

/**
 * Return {items, skipped, add, clear, allowed}. An item is {key, name, state, fraction, result,
 * problem}. Once all films that were added together are graded, the gravest of them is opened,
 * unless another film has been opened meanwhile.
 */
export function useUploads(open, onChange, user) {
  const [items, setItems] = useState([]);
  const [skipped, setSkipped] = useState(0);
  const queue = useRef([]);
  const running = useRef(0);
  const mounted = useRef(true);
  useEffect(() => () => { mounted.current = false; }, []);
  const update = (key, facts) =>
    setItems((old) => old.map((item) => (item.key === key ? { ...item, ...facts } : item)));

  /** Upload until the service has a place; return {result} or {problem}. */
  const upload = async ({ key, file }) => {
    const onProgress = (fraction) => update(key, fraction === null ? { state: "grading" } : { state: "sending", fraction });
    for (;;) {
      update(key, { state: "sending", fraction: 0 });
      try {
        return { result: await uploadFilm(file, onProgress) };
      } catch (problem) {
        if (problem.status !== SERVICE_UNAVAILABLE || !mounted.current) return { problem };
      }
      update(key, { state: "waiting" });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  const startNext = async () => {
    if (running.current >= MAX_PARALLEL || !queue.current.length || !mounted.current) return;
    running.current += 1;
    const { key, file, batch } = queue.current.shift();
    const outcome = await upload({ key, file });
    running.current -= 1;
    update(key, { state: outcome.result ? "done" : "failed", ...outcome });
    if (filmOf(outcome)) onChange({ id: filmOf(outcome) });
    batch.outcomes.push(outcome);
    if (batch.outcomes.length === batch.size) openGravest(batch, open);
    startNext();
  };
  const add = useCallback((files) => {
    const films = files.filter(isFilm);
    const batch = { size: films.length, outcomes: [], route: location.hash };
    const added = films.map((file) => ({ key: crypto.randomUUID?.() ?? String(Math.random()), file, batch }));
    setSkipped(files.length - films.length);
    setItems((old) => [...added.map(({ key, file }) => ({ key, name: file.name, state: "queued" })), ...old]);
    queue.current.push(...added);
    for (let slot = 0; slot < MAX_PARALLEL; slot += 1) startNext();
  }, []);
  const clear = () => {
    setSkipped(0);
    setItems((old) => old.filter((item) => !isFinished(item)));
  };
  return { items, skipped, add, clear, allowed: user.permissions.includes("send") };
}

/** Return whether an upload has come to its end, good or bad. */
export const isFinished = ({ state }) => state === "done" || state === "failed";

/** Return the film's id; null where the service did not keep it. */
export const filmOf = ({ result, problem }) => result?.id ?? problem?.resultId ?? null;

/** Open the film with the highest score; where none has one, the first that was kept. */
function openGravest({ outcomes, route }, open) {
  if (location.hash !== route) return;
  const valueOf = ({ result }) => result?.scores?.brixia.value ?? -1;
  const kept = outcomes.filter(filmOf);
  if (!kept.length) return;
  const gravest = kept.reduce((one, other) => (valueOf(other) > valueOf(one) ? other : one));
  const { result } = gravest;
  if (result) loadPreview(result.id, result.status === "scored" && !result.scores);
  open(filmOf(gravest));
}
