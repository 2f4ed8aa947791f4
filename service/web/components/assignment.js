/** Who is to read the film: taken, given to a reader, released. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

export function Assignment({ row, user, announce, onChanged }) {
  const [problem, setProblem] = useState(null);
  const readers = useLoaded(async (signal) => (user.pool ? getJson("v1/readers", signal) : null), []).value?.readers ?? [];
  if (!user.pool || !user.permissions.includes("review")) return row.assigned && html`<p class="dim">${t("assignment.of", { name: row.assigned })}</p>`;
  const names = [...new Set([...readers, ...(row.assigned ? [row.assigned] : [])])];
  const assign = (event) => {
    const reader = event.target.value || null;
    setProblem(null);
    postJson(`v1/worklist/${row.id}/assignment`, { reader }).then(
      () => { announce(t(reader ? "assignment.of" : "assignment.released", { name: reader })); onChanged(); },
      (found) => { setProblem(found); onChanged(); },
    );
  };
  return html`
    <label class="assignment">${t("assignment.title")}
      <select class="quiet" onChange=${assign}>
        <option value="" selected=${!row.assigned}>${t("assignment.nobody")}</option>
        ${names.map((name) => html`<option key=${name} value=${name} selected=${name === row.assigned}>${name === user.name ? t("assignment.me", { name }) : name}</option>`)}
      </select>
    </label>
    ${problem && html`<p class="error" role="alert">${problemText(problem)}</p>`}`;
}
