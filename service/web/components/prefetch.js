/** What a reader is likely to open next is ready before. */

import { useEffect } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { prepare } from "../viewer/viewer_pool.js";
import { isDisplayable, isUnread } from "./film_data.js";
import { loadPreview } from "./film_images.js";
import { hangingOrder, storedLayout } from "./layout.js";

const SETTLED_MS = 200;

/** Begin to load a film of the worklist that is about to be opened. */
export const prefetch = (row) => (isDisplayable(row) ? loadPreview(row.id, isUnread(row)) : null);

/**
 * Once the open film has been on the screen for a moment, have those beside it in the list ready, and
 * what will hang beside the next one.
 */
export function usePrefetched(next, previous, openId) {
  useEffect(() => {
    if (!openId) return undefined;
    const timer = setTimeout(async () => {
      for (const row of [next, previous]) if (row) await made(prefetch(row));
      if (next && storedLayout() > 1) await made(priorOf(next));
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [next?.id, previous?.id, openId]);
}

/** Return the film that hangs first beside another. */
async function priorOf(row) {
  if (!isDisplayable(row) || !row.patient) return null;
  const history = await getJson(`v1/results/${row.id}/history`);
  const [first] = hangingOrder(history, row.id);
  return first ? loadPreview(first, false) : null;
}

/** What cannot be had ahead is asked for when it is opened. */
async function made(loading) {
  const image = await loading?.catch(() => null);
  if (image) await new Promise((resolve) => { whenIdle(() => { prepare(image); resolve(); }); });
}

const whenIdle = (run) => (globalThis.requestIdleCallback ? requestIdleCallback(run) : setTimeout(run));
