/** The register of problems, for administrators: when each is due, its state, its answer. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { day } from "../format.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

const STATES = ["open", "sent", "answered", "closed"];
const LONGEST_TEXT = 2000;

export function ProblemRegister({ announce }) {
  const register = useLoaded((signal) => getJson("v1/problems", signal), []);
  const entries = register.value?.problems ?? [];
  const onSaved = () => {
    announce(t("register.saved"));
    register.reload();
  };
  return html`
    <main id="film" class="register" tabindex="-1">
      <h2>${t("register.title")}</h2>
      <p><a class="button" href="v1/problems.csv" download>CSV</a></p>
      <p class="error" role="alert">${register.problem ? problemText(register.problem) : ""}</p>
      ${register.value && !entries.length && html`<p class="dim">${t("register.none")}</p>`}
      ${entries.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} onSaved=${onSaved} />`)}
    </main>`;
}

function Entry({ entry, onSaved }) {
  const [error, setError] = useState("");
  const save = (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    const change = { state: fields.state, due: fields.due || null, answer: fields.answer.trim() || null };
    setError("");
    postJson(`v1/problems/${entry.id}`, change).then(onSaved, (problem) => setError(problemText(problem)));
  };
  return html`
    <form class="entry" onSubmit=${save} aria-label=${entry.id}>
      <p><b>${day(entry.created)}</b> ${entry.reporter}: ${entry.description || "–"}</p>
      <p class="small">
        <a href=${`#/film/${entry.result_id}`}>${t("register.film")}</a>
        ${" · "}<a href=${`v1/problems/${entry.id}/file`} download>${t("problem_report.file")}</a>
        ${" · "}<span class="dim">${entry.seal.slice(0, 16)}</span>
      </p>
      <div class="row">
        <label>${t("register.due")} <input type="date" name="due" value=${entry.due ?? ""} /></label>
        <label>${t("register.state")}
          <select name="state">${STATES.map((state) => html`<option value=${state} selected=${state === entry.state}>${t(`register.state.${state}`)}</option>`)}</select></label>
      </div>
      <label>${t("register.answer")} <textarea name="answer" rows="2" maxlength=${LONGEST_TEXT}>${entry.answer ?? ""}</textarea></label>
      <p class="error" role="alert">${error}</p>
      <button>${t("register.save")}</button>
    </form>`;
}
