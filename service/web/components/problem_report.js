/** Report a problem with a result: a note for the register, and a file that names nobody. */

import { html, useState } from "../vendor/preact.js";
import { postJson } from "../api.js";
import { problemText, t } from "../words.js";

const LONGEST_TEXT = 2000;

export function ProblemReport({ id, kept, user }) {
  const [entry, setEntry] = useState(null);
  const [error, setError] = useState("");
  const [making, setMaking] = useState(false);
  if (!user.permissions.includes("deliver") || !kept) return null;
  const report = async (event) => {
    event.preventDefault();
    setError("");
    setMaking(true);
    const description = new FormData(event.target).get("description").trim();
    await postJson(`v1/results/${id}/problems`, { description }).then(setEntry, (problem) => setError(problemText(problem)));
    setMaking(false);
  };
  return html`
    <details class="about problem">
      <summary>${t("problem_report.title")}</summary>
      ${entry === null
        ? html`
          <form onSubmit=${report}>
            <label>${t("problem_report.what")} <span class="dim">${t("problem_report.stays")}</span>
              <textarea name="description" rows="2" maxlength=${LONGEST_TEXT} /></label>
            <p class="dim small">${t("problem_report.holds")}</p>
            <p class="error" role="alert">${error}</p>
            <button disabled=${making}>${t("problem_report.make")}</button>
          </form>`
        : html`
          <p role="status">${t("problem_report.made", { due: entry.due })}
            ${" "}<a href=${`v1/problems/${entry.id}/file`} download>${t("problem_report.file")}</a></p>
          <p class="dim small">${t("problem_report.seal", { seal: entry.seal })}</p>`}
    </details>`;
}
