/** Erasing a patient, for administrators, and the certificates of those who were. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { day } from "../format.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

export function Erasures({ announce }) {
  const certificates = useLoaded((signal) => getJson("v1/erasures", signal), []);
  const [error, setError] = useState("");
  const [erasing, setErasing] = useState(false);
  const erase = (event) => {
    event.preventDefault();
    const form = event.target;
    const fields = Object.fromEntries(new FormData(form));
    const whom = fields.patient_id.trim()
      ? { patient_id: fields.patient_id.trim(), issuer: fields.issuer.trim() }
      : { label: fields.label.trim() };
    setError("");
    setErasing(true);
    postJson("v1/erasures", { ...whom, scope: fields.keep_results ? "keep_results" : "all" }).then(
      ({ films }) => {
        announce(t("erasure.done", { count: films }));
        form.reset();
        certificates.reload();
      },
      (problem) => setError(problemText(problem)),
    ).finally(() => setErasing(false));
  };
  const entries = certificates.value?.erasures ?? [];
  return html`
    <main id="film" class="register" tabindex="-1">
      <h2>${t("erasure.title")}</h2>
      <p>${t("erasure.explain")}</p>
      <form class="entry" onSubmit=${erase} aria-label=${t("erasure.title")}>
        <div class="row">
          <label>${t("erasure.patient_id")} <input name="patient_id" maxlength="64" autocomplete="off" /></label>
          <label>${t("erasure.issuer")} <input name="issuer" maxlength="64" autocomplete="off" /></label>
          <label>${t("erasure.label")} <input name="label" minlength="6" maxlength="26" pattern="[A-Za-z2-7]+" autocomplete="off" /></label>
        </div>
        <p><label><input type="checkbox" name="keep_results" /> ${t("erasure.keep_results")}</label></p>
        <p><label><input type="checkbox" required /> ${t("erasure.sure")}</label></p>
        <p class="error" role="alert">${error}</p>
        <button disabled=${erasing}>${t("erasure.erase")}</button>
      </form>
      <h2>${t("erasure.certificates")}</h2>
      <p class="error" role="alert">${certificates.problem ? problemText(certificates.problem) : ""}</p>
      ${certificates.value && !entries.length && html`<p class="dim">${t("erasure.none")}</p>`}
      ${entries.map((entry) => html`<${Certificate} key=${entry.id} entry=${entry} />`)}
    </main>`;
}

function Certificate({ entry }) {
  const text = JSON.stringify(entry, null, 2);
  return html`
    <div class="entry">
      <p><b>${t("erasure.entry", { done: day(entry.done), by: entry.by, count: entry.films })}</b></p>
      <p>${t("erasure.delivered", { count: entry.delivered.length })}</p>
      <p>${t("erasure.copies", { count: entry.copies.length })}</p>
      <p class="small"><a href=${`data:application/json;charset=utf-8,${encodeURIComponent(text)}`} download=${`erasure-${entry.id}.json`}>JSON</a></p>
    </div>`;
}
