/** The result as a document: text for dictation, print, PDF, DICOM and FHIR files. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { acquired, day, score } from "../format.js";
import { messageText, t } from "../words.js";
import { PatientName } from "./patient_name.js";
import { changeOf, changeText } from "./timeline.js";

const DICOM = [["SR", "sr"], ["SEG", "seg"], ["SC", "sc"]];

/** `reportRef.current` = {copy, print}, for the shortcuts. */
export function Report({ film, announce, reportRef }) {
  const { row, result } = film;
  const [printing, setPrinting] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(reportText(film));
      announce(t("report.copied"));
    } catch {
      announce(t("report.not_copied"));
    }
  };
  const print = () => setPrinting(true);
  const printNow = () => {
    addEventListener("afterprint", () => setPrinting(false), { once: true });
    window.print();
  };
  useEffect(() => {
    reportRef.current = { copy, print };
    return () => { reportRef.current = null; };
  });
  useEffect(() => { if (printing && !result.scores) printNow(); }, [printing]);
  const path = `v1/results/${row.id}`;
  const dicom = result.image?.source === "dicom" ? DICOM : [];
  const files = [...(result.scores ? dicom : dicom.slice(0, 1)), ["FHIR", "fhir"], ["JSON", ""]];
  return html`
    <section class="report" aria-labelledby="report">
      <h3 id="report">${t("report.title")}</h3>
      <div class="row">
        <button onClick=${copy}>${t("report.copy")}</button>
        <button onClick=${print}>${t("report.print")}</button>
        <a class="button" href=${`${path}/report.pdf`} target="_blank" rel="noopener">${t("report.pdf")}</a>
      </div>
      <p class="files"><span class="dim">${t("report.files")}</span>
        ${files.map(([name, file]) => html` <a href=${file ? `${path}/${file}` : path} target="_blank" rel="noopener">${name}</a>`)}
      </p>
      ${printing && html`
        <div class="print-only">
          <h2>Radiograde</h2>
          <p><${PatientName} patient=${row.patient} /></p>
          <pre>${reportText(film)}</pre>
          ${result.scores && html`<img src=${`${path}/overlay.png`} alt=${t("viewer.picture")} onLoad=${printNow} onError=${printNow} />`}
        </div>`}
    </section>`;
}

/** Return the result as sentences in the page's language. */
export function reportText({ row, result, history }) {
  const { scores, severity, model, gate } = result;
  const lines = [t("report.head", { model: `${model.name} ${model.version}` })];
  if (row.taken) lines.push(t("panel.taken", { when: acquired(row.taken) }));
  const change = changeOf({ row, history });
  if (scores) lines.push(...scoreLines(scores, severity), ...(change ? [changeText(change)] : []));
  const reasons = gate.reasons.filter(({ level }) => level !== "info").map(messageText).join(" ");
  if (!scores) lines.push(t("report.not_graded", { why: reasons }));
  else if (reasons) lines.push(reasons);
  for (const review of result.reviews ?? []) {
    const verdict = t(`review.verdict.${review.verdict}`, { sum: review.brixia });
    lines.push(`${t("review.title")}: ${verdict} (${t("review.by", { reviewer: review.reviewer, when: day(review.created) })})`);
  }
  return [...lines, t("notice")].join("\n");
}

function scoreLines({ brixia, geographic_extent: extent, opacity, lung_involvement_percent: involved }, severity) {
  const [low, high] = brixia.interval.map(score);
  const zones = Object.entries(brixia.zones).map(([name, zone]) => t("report.zone", { zone: t(`zone.${name}`), value: score(zone.value) }));
  return [
    t("report.severity", { severity: t(`severity.${severity}`), value: score(brixia.value), level: Math.round(100 * brixia.level), low, high }),
    t("report.zones", { zones: zones.join(", ") }),
    t("report.scales", { extent: score(extent.value), opacity: score(opacity.value), share: involved.total.toFixed(0) }),
  ];
}

