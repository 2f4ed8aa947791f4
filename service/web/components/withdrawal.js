/** A result that is taken back: the form that withdraws it, and by whom, when and why it was. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { postJson } from "../api.js";
import { dateTime } from "../format.js";
import { problemText, t } from "../words.js";

const CODES = ["quality", "patient_safety", "worklist_entry", "expired"];
const LONGEST_REASON = 500;

/** What stands in place of a withdrawn result. `isNew`: this page withdrew it, and its form is gone. */
export function Withdrawn({ withdrawal: { by, code, created, reason }, isNew }) {
  const heading = useRef(null);
  useEffect(() => { if (isNew) heading.current.focus(); }, [isNew]);
  return html`
    <section class="withdrawn" aria-labelledby="withdrawn">
      <h3 id="withdrawn" ref=${heading} tabindex="-1">${t("withdrawal.done")}</h3>
      <p><b>${t(`withdrawal.code.${code}`)}</b> <span class="dim">${t("review.by", { reviewer: by, when: dateTime(created) })}</span></p>
      <p class="reason">${reason}</p>
      <p class="dim small">${t("withdrawal.means")}</p>
    </section>`;
}

/** The form; a role that may not review and deliver is told so. */
export function Withdrawal({ id, user, announce, onWithdrawn }) {
  const [error, setError] = useState("");
  const [sending, setSending] = useState(false);
  const mayWithdraw = ["review", "deliver"].every((permission) => user.permissions.includes(permission));
  const withdraw = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const reason = fields.get("reason").trim();
    if (!reason) {
      setError(t("withdrawal.reason_missing"));
      event.target.querySelector("textarea").focus();
      return;
    }
    setError("");
    setSending(true);
    try {
      await postJson(`v1/results/${id}/withdrawal`, { reason, code: fields.get("code") });
      announce(t("withdrawal.done"));
      onWithdrawn();
    } catch (problem) {
      setError(problemText(problem));
    }
    setSending(false);
  };
  return html`
    <details class="about withdrawal">
      <summary>${t("withdrawal.title")}</summary>
      ${mayWithdraw
        ? html`
          <form onSubmit=${withdraw}>
            <p class="dim small">${t("withdrawal.means")}</p>
            <label>${t("withdrawal.code")}
              <select name="code">${CODES.map((code) => html`<option key=${code} value=${code}>${t(`withdrawal.code.${code}`)}</option>`)}</select></label>
            <label>${t("withdrawal.reason")} <span class="dim">${t("withdrawal.reason_hint")}</span>
              <textarea name="reason" rows="2" required maxlength=${LONGEST_REASON} /></label>
            <p class="error" role="alert">${error}</p>
            <button disabled=${sending}>${t("withdrawal.withdraw")}</button>
          </form>`
        : html`<p class="dim">${t("withdrawal.not_allowed")}</p>`}
    </details>`;
}
