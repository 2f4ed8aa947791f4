/** Where the result is sent: the state at each destination, and the buttons that send it. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { dateTime } from "../format.js";
import { useLoaded } from "../hooks.js";
import { messageText, problemText, t } from "../words.js";
import { useReloadOf } from "./film_data.js";

const FIRST_POLL_MS = 1000;
const LONGEST_POLL_MS = 30_000;

/** `kept`: the film is still stored. `focusRef.current()` moves the focus here, for the shortcut. */
export function Delivery({ id, kept, user, changes, focusRef }) {
  const [error, setError] = useState("");
  const [sending, setSending] = useState(false);
  const job = useJob(id, changes);
  const section = useRef(null);
  const focusHeading = () => section.current.querySelector("h3").focus();
  useLayoutEffect(() => {
    focusRef.current = () => (section.current.querySelector("button") ?? section.current.querySelector("h3")).focus();
    return () => { focusRef.current = null; };
  }, []);
  const send = async (destinations) => {
    // The buttons disappear once they have been used, and the focus with them.
    focusHeading();
    setError("");
    setSending(true);
    await postJson(`v1/jobs/${id}/deliver`, { destinations }).then(job.reload, (problem) => setError(problemText(problem)));
    setSending(false);
  };
  const rows = job.value ? rowsOf(job.value) : [];
  const sendable = rows.filter(isSendable).map(({ destination }) => destination);
  const maySend = kept && user.permissions.includes("deliver");
  return html`
    <section ref=${section} class="delivery" aria-labelledby="delivery">
      <h3 id="delivery" tabindex="-1">${t("delivery.title")}</h3>
      <p class="error" role="alert">${error || (job.problem && !job.value ? problemText(job.problem) : "")}</p>
      ${job.value && !rows.length && html`<p class="dim">${t("delivery.no_destination")}</p>`}
      ${rows.length > 0 && html`
        <ul>
          ${rows.map((row) => html`
            <li key=${row.destination} class=${row.state}>
              <span role="status"><b>${row.destination}</b> <span class="dim">${stateText(row)}</span></span>
              ${maySend && isSendable(row) && html`
                <button disabled=${sending} aria-label=${`${t("delivery.send")}: ${row.destination}`} onClick=${() => send([row.destination])}>${t("delivery.send")}</button>`}
            </li>`)}
        </ul>`}
      ${maySend && sendable.length > 1 && html`<button disabled=${sending} onClick=${() => send(sendable)}>${t("delivery.send_all")}</button>`}
    </section>`;
}

/** Return the job as {value, problem, reload}, loaded again and again while a delivery is waiting. */
function useJob(id, changes) {
  const job = useLoaded((signal) => getJson(`v1/jobs/${id}`, signal), [id]);
  useReloadOf(job, changes, (change) => change.id === id);
  const interval = useRef(FIRST_POLL_MS);
  useEffect(() => {
    if (!job.value?.deliveries.some(({ state }) => state === "waiting")) {
      interval.current = FIRST_POLL_MS;
      return undefined;
    }
    const timer = setTimeout(job.reload, interval.current);
    interval.current = Math.min(LONGEST_POLL_MS, 2 * interval.current);
    return () => clearTimeout(timer);
  }, [job.value, job.problem]);
  return job;
}

/** Return {destination, state, ...} of each destination, also of one that the site file has no longer. */
function rowsOf({ destinations, deliveries }) {
  const configured = destinations.map((destination) =>
    deliveries.find((delivery) => delivery.destination === destination) ?? { destination, state: "not_sent" });
  const removed = deliveries.filter(({ destination }) => !destinations.includes(destination));
  return [...configured, ...removed.map((delivery) => ({ ...delivery, removed: true }))];
}

/** What is waiting or delivered is not sent a second time. */
const isSendable = ({ state, removed }) => !removed && (state === "not_sent" || state === "parked");

function stateText({ state, updated, error, message }) {
  if (state === "delivered") return t("delivery.delivered", { when: dateTime(updated) });
  if (state === "not_sent") return t("delivery.not_sent");
  const reason = error ? messageText({ code: error, message }) : "";
  if (state === "parked") return t("delivery.parked", { reason });
  return reason ? t("delivery.retrying", { reason }) : t("delivery.waiting");
}
