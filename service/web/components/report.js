/** The result as a document: text for dictation, print, PDF, DICOM and FHIR files. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { acquired, day, score } from "../format.js";
import { currentLanguage, messageText, t } from "../words.js";
import { PatientName } from "./patient_name.js";
import { statementOf } from "./statement.js";
import { changesOf } from "./timeline.js";

const DICOM = [["SR", "sr"], ["SEG", "seg"], ["SC", "sc"]];

// Who leafs through the films prints none: the picture of one that stays open is fetched ahead.
const PICTURE_DELAY_MS = 2000;

/** `reportRef.current` = {copy, print}, for the shortcuts. `hasFiles`: the user may have documents that name the patient. */
export function Report({ film, announce, reportRef, hasFiles, showsIdentity }) {
  const { row, result } = film;
  const paper = usePaper(Boolean(result.scores));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(reportText(film));
      announce(t("report.copied"));
    } catch {
      announce(t("report.not_copied"));
    }
  };
  useLayoutEffect(() => {
    reportRef.current = { copy, print: paper.print };
    return () => { reportRef.current = null; };
  });
  const path = `v1/results/${row.id}`;
  const dicom = result.image?.source === "dicom" ? DICOM : [];
  const files = [...(result.scores ? dicom : dicom.slice(0, 1)), ["FHIR", "fhir"], ["JSON", ""]];
  return html`
    <section class="report" aria-labelledby="report">
      <h3 id="report">${t("report.title")}</h3>
      <div class="row">
        <button onClick=${copy}>${t("report.copy")}</button>
        <button onClick=${paper.print}>${t("report.print")}</button>
        ${hasFiles && html`<a class="button" href=${`${path}/report.pdf?language=${currentLanguage()}`} target="_blank" rel="noopener">${t("report.pdf")}</a>`}
      </div>
      ${hasFiles && html`<p class="files"><span class="dim">${t("report.files")}</span>
        ${files.map(([name, file]) => html` <a href=${file ? `${path}/${file}` : path} target="_blank" rel="noopener">${name}</a>`)}
      </p>`}
      ${hasFiles && !showsIdentity && dicom.length > 0 && html`<p class="dim small">${t("report.files_identity")}</p>`}
      <div class="print-only">
        <h2>Radiograde</h2>
        <p><${PatientName} patient=${row.patient} accession=${row.accession} /></p>
        <pre>${reportText(film)}</pre>
        ${paper.hasPicture && html`<img src=${`${path}/overlay.png`} alt=${t("viewer.picture")} onLoad=${paper.onPicture} onError=${paper.onPicture} />`}
      </div>
    </section>`;
}

/**
 * Return {print, hasPicture, onPicture}: what prints the report with its picture, also by the
 * browser's own shortcut. Its menu prints at once, without the picture if that is not there yet.
 */
function usePaper(isScored) {
  const [hasPicture, setHasPicture] = useState(false);
  const isThere = useRef(!isScored);
  const isWaiting = useRef(false);
  const print = () => {
    if (isThere.current) {
      window.print();
    } else {
      isWaiting.current = true;
      setHasPicture(true);
    }
  };
  const onPicture = () => {
    isThere.current = true;
    if (isWaiting.current) window.print();
    isWaiting.current = false;
  };
  useEffect(() => {
    const timer = setTimeout(() => setHasPicture(isScored), PICTURE_DELAY_MS);
    const onKeyDown = (event) => {
      const isPrint = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "p";
      if (!isPrint) return;
      event.preventDefault();
      print();
    };
    addEventListener("keydown", onKeyDown);
    return () => {
      clearTimeout(timer);
      removeEventListener("keydown", onKeyDown);
    };
  }, []);
  return { print, hasPicture, onPicture };
}

/** Return the result as sentences in the page's language. */
export function reportText(film) {
  const { row, result, history } = film;
  const { scores, severity, model, gate } = result;
  const statement = statementOf(film);
  const lines = [t("report.head", { model: `${model.name} ${model.version}` })];
  if (row.taken) lines.push(t("panel.taken", { when: acquired(row.taken) }));
  if (statement) lines.push(`${statement.label}: ${statement.text}`);
  if (scores) lines.push(...scoreLines(scores, severity), ...changesOf({ row, history }).map(({ text }) => text));
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

