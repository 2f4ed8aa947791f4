/** Who did what, for administrators: filters, rows, CSV. */

import { html, useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

const OUTCOMES = ["success", "refused", "failed"];
const SECONDS = 19;
const LABEL = 6;

export function AuditTrail() {
  const [filters, setFilters] = useState("");
  const apply = (event) => {
    event.preventDefault();
    const chosen = [...new FormData(event.target)].map(([name, value]) => [name, value.trim()]);
    setFilters(new URLSearchParams(chosen.filter(([, value]) => value)).toString());
  };
  return html`
    <main id="film" class="register audit" tabindex="-1">
      <h2>${t("audit.title")}</h2>
      <${Filters} onApply=${apply} />
      <p><a class="button" href=${`v1/audit.csv?${filters}`} download>CSV</a></p>
      <${Events} key=${filters} filters=${filters} />
    </main>`;
}

/** What the filters let through, and older rows once they are asked for. */
function Events({ filters }) {
  const [older, setOlder] = useState([]);
  const [error, setError] = useState("");
  const first = useLoaded((signal) => getJson(`v1/audit?${filters}`, signal), [filters]);
  const pages = first.value ? [first.value, ...older] : [];
  const rows = pages.flatMap((page) => page.events);
  const next = pages.at(-1)?.next;
  const more = () => {
    setError("");
    getJson(`v1/audit?${filters}&before=${next}`).then(
      (page) => setOlder([...older, page]),
      (problem) => setError(problemText(problem)),
    );
  };
  return html`
    <p class="error" role="alert">${first.problem ? problemText(first.problem) : error}</p>
    ${first.value && !rows.length && html`<p class="dim">${t("audit.none")}</p>`}
    ${rows.length > 0 && html`<${Rows} rows=${rows} />`}
    ${next && html`<button onClick=${more}>${t("audit.more")}</button>`}`;
}

function Filters({ onApply }) {
  return html`
    <form class="row" onSubmit=${onApply} aria-label=${t("audit.title")}>
      <label>${t("audit.actor")} <input name="actor" maxlength="64" /></label>
      <label>${t("audit.action")} <input name="action" maxlength="40" pattern="[a-z_]+" /></label>
      <label>${t("audit.outcome")}${" "}
        <select name="outcome"><option value="">${t("audit.any")}</option>${OUTCOMES.map((one) => html`<option value=${one}>${t(`audit.outcome.${one}`)}</option>`)}</select></label>
      <label>${t("audit.patient")} <input name="patient" maxlength="26" pattern="[A-Za-z2-7]+" /></label>
      <label>${t("audit.film")} <input name="film_id" maxlength="26" /></label>
      <label>${t("audit.since")} <input type="date" name="since" /></label>
      <label>${t("audit.until")} <input type="date" name="until" /></label>
      <button>${t("audit.apply")}</button>
    </form>`;
}

function Rows({ rows }) {
  return html`
    <table>
      <thead><tr>
        <th scope="col">${t("audit.when")}</th>
        <th scope="col">${t("audit.actor")}</th>
        <th scope="col">${t("audit.machine")}</th>
        <th scope="col">${t("audit.action")}</th>
        <th scope="col">${t("audit.outcome")}</th>
        <th scope="col">${t("audit.patient")}</th>
        <th scope="col">${t("audit.film")}</th>
      </tr></thead>
      <tbody>${rows.map((row) => html`
        <tr key=${row.seq}>
          <td class="unbroken">${row.at.slice(0, SECONDS).replace("T", " ")}</td>
          <td>${row.actor || "–"}</td>
          <td>${row.machine}</td>
          <td class="unbroken"><code>${row.action}</code></td>
          <td>${t(`audit.outcome.${row.outcome}`)}</td>
          <td>${row.patient?.slice(0, LABEL) ?? ""}</td>
          <td>${row.film_id && html`<a href=${`#/film/${row.film_id}`}>${row.film_id}</a>`}</td>
        </tr>`)}
      </tbody>
    </table>`;
}
