/** Earlier films of the patient: asked for when a film is opened, and what is still to be said. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { t } from "../words.js";

const AGAIN_MS = 2000;

/** What comes announces itself as every film does; here stands that some are on their way, or why not. */
export function PriorsNote({ id }) {
  const path = `v1/results/${id}/priors`;
  const [round, setRound] = useState(0);
  const { value } = useLoaded((signal) => (round ? getJson(path, signal) : postJson(path, {})), [path, round]);
  const { state, message } = value ?? {};
  useEffect(() => {
    if (state !== "waiting") return undefined;
    const timer = setTimeout(() => setRound(round + 1), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [value]);
  if (state === "waiting") return html`<p class="dim" role="status">${t("time.priors_waiting")}</p>`;
  return state === "failed" && html`<p class="dim" role="status">${t("time.priors_failed", { message })}</p>`;
}
