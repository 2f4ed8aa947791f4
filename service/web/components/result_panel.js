/** The result beside the film: patient, scores, remarks, review, report, delivery, withdrawal. */

import { html, useState } from "../vendor/preact.js";
import { acquired, dateTime, isUnlikelyAcquisition } from "../format.js";
import { messageText, t } from "../words.js";
import { Assignment } from "./assignment.js";
import { Delivery } from "./delivery.js";
import { waitingKey } from "./film_data.js";
import { FilmProjects } from "./film_projects.js";
import { PatientName } from "./patient_name.js";
import { ProblemReport } from "./problem_report.js";
import { ReadFirst, Readings } from "./read_first.js";
import { Report } from "./report.js";
import { Review } from "./review.js";
import { Scores } from "./scores.js";
import { Statement } from "./statement.js";
import { changesOf } from "./timeline.js";
import { Trace } from "./trace.js";
import { Withdrawal, Withdrawn } from "./withdrawal.js";

export function ResultPanel({ film, result, user, session, changes, announce, onChanged, onRead, refs }) {
  const [withdrawnHere, setWithdrawnHere] = useState(null);
  if (film === null) return html`<aside class="panel" aria-label=${t("panel.title")} />`;
  const { row } = film;
  const withdrawal = result?.withdrawn;
  const holds = result !== null && result.status !== "failed" && !withdrawal;
  const onWithdrawn = () => {
    setWithdrawnHere(row.id);
    onChanged();
  };
  return html`
    <aside class="panel" aria-label=${t("panel.title")}>
      <header>
        <h2><${PatientName} patient=${row.patient} accession=${row.accession} /></h2>
        <p class="dim">
          ${row.view && html`<span>${t(`view.${row.view}`)} · </span>`}
          ${row.taken && html`<span>${t("panel.taken", { when: acquired(row.taken) })} · </span>`}
          ${isUnlikelyAcquisition(row) && html`<span class="doubt">${t("date.unlikely")} · </span>`}
          <span>${t("panel.received", { when: dateTime(row.received) })}</span>
        </p>
        <${Assignment} key=${row.id} row=${row} user=${user} announce=${announce} onChanged=${onChanged} />
        <${FilmProjects} key=${`projects ${row.id}`} id=${row.id} user=${user} announce=${announce} />
        ${session.identifiers === "none" && row.patient && html`<p class="dim small">${t("panel.hidden")}</p>`}
      </header>
      ${film.unread && html`<${ReadFirst} key=${`reading ${row.id}`} id=${row.id} announce=${announce} onRead=${onRead} />`}
      ${result === null && !film.unread && html`<p>${t(waitingKey(row))}</p>`}
      ${withdrawal && html`<${Withdrawn} key=${`withdrawn ${row.id}`} withdrawal=${withdrawal} isNew=${withdrawnHere === row.id} />`}
      ${!withdrawal && html`<${Statement} film=${film} />`}
      ${result?.scores && html`<${Scores} result=${result} changes=${changesOf(film)} />`}
      ${result && session.reads_first && html`<${Readings} key=${`readings ${row.id}`} result=${result} />`}
      ${result && !withdrawal && html`<${Remarks} result=${result} />`}
      ${holds && html`
        <${Review} key=${`review ${row.id}`} result=${result} user=${user} announce=${announce} onChanged=${onChanged} startRef=${refs.review} />
        <${Report} key=${`report ${row.id}`} film=${film} announce=${announce} reportRef=${refs.report} hasFiles=${user.names} showsIdentity=${session.identifiers === "full"} />`}
      ${user.names && result && result.status !== "failed" && html`
        <${Delivery} key=${`delivery ${row.id}`} id=${row.id} kept=${row.kept} user=${user} changes=${changes} focusRef=${refs.delivery} />`}
      ${result && html`<${About} model=${result.model} />
        ${user.names && html`<${Trace} key=${`trace ${row.id} ${result.model.sha256}`} id=${row.id} />`}`}
      ${result && result.status !== "failed" && html`<${ProblemReport} key=${`problem ${row.id}`} id=${row.id} kept=${row.kept} user=${user} />`}
      ${holds && html`<${Withdrawal} key=${`withdrawal ${row.id}`} id=${row.id} user=${user} announce=${announce} onWithdrawn=${onWithdrawn} />`}
    </aside>`;
}

/** What the input check found, or why the file could not be read; rejections first. */
function Remarks({ result }) {
  const { gate, error } = result;
  const reasons = error ? [{ ...error, level: "reject" }] : gate.reasons;
  if (!reasons.length) return null;
  const isRejected = reasons.some(({ level }) => level === "reject");
  const order = ["reject", "warn", "info"];
  const sorted = [...reasons].sort((one, two) => order.indexOf(one.level) - order.indexOf(two.level));
  return html`
    <section class="remarks">
      <h3>${t(isRejected ? "panel.reject" : "panel.remarks")}</h3>
      <ul>${sorted.map((reason) => html`<li class=${reason.level}>${messageText(reason)}</li>`)}</ul>
    </section>`;
}

function About({ model }) {
  return html`
    <details class="about">
      <summary>${t("panel.about")}</summary>
      <p>${t("panel.is")}</p>
      <p>${t("panel.is_not")}</p>
      <p>${t("panel.interval")}</p>
      <p>${t("panel.zone_scale")}</p>
    </details>
    <p class="dim small">${t("panel.model", model)}</p>`;
}
