/** The result to take along: text for dictation, print, PDF, DICOM and FHIR files. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { day, score, taken } from "../format.js";
import { t, told } from "../words.js";
import { changeOf, changeWords } from "./timeline.js";
import { Who } from "./patient_name.js";

const DICOM = [["SR", "sr"], ["SEG", "seg"], ["SC", "sc"]];

/** `reportRef.current` = {copy, print}, for the keys. */
export function Report({ film, say, reportRef }) {
  const { row, result } = film;
  const [printing, setPrinting] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(reportText(film));
      say(t("report.copied"));
    } catch {
      say(t("report.not_copied"));
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
  const at = `v1/results/${row.id}`;
  const dicom = result.image?.source === "dicom" ? DICOM : [];
  const files = [...(result.scores ? dicom : dicom.slice(0, 1)), ["FHIR", "fhir"], ["JSON", ""]];
  return html`
    <section class="report" aria-labelledby="report">
      <h3 id="report">${t("report.title")}</h3>
      <div class="row">
        <button onClick=${copy}>${t("report.copy")}</button>
        <button onClick=${print}>${t("report.print")}</button>
        <a class="button" href=${`${at}/report.pdf`} target="_blank" rel="noopener">${t("report.pdf")}</a>
      </div>
      <p class="files"><span class="dim">${t("report.files")}</span>
        ${files.map(([name, path]) => html` <a href=${path ? `${at}/${path}` : at} target="_blank" rel="noopener">${name}</a>`)}
      </p>
      ${printing && html`
        <div class="paper">
          <h2>Radiograde</h2>
          <p><${Who} patient=${row.patient} /></p>
          <pre>${reportText(film)}</pre>
          ${result.scores && html`<img src=${`${at}/overlay.png`} alt=${t("viewer.picture")} onLoad=${printNow} onError=${printNow} />`}
        </div>`}
    </section>`;
}

/** Return the result in sentences of the page's language. */
export function reportText({ row, result, history }) {
  const { scores, severity, model, gate } = result;
  const lines = [t("report.head", { model: `${model.name} ${model.version}` })];
  if (row.taken) lines.push(t("panel.taken", { when: taken(row.taken) }));
  const change = changeOf({ row, history });
  if (scores) lines.push(...scoreLines(scores, severity), ...(change ? [changeWords(change)] : []));
  const reasons = gate.reasons.filter(({ level }) => level !== "info").map(told).join(" ");
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

