/** The patient. */

import { html } from "../vendor/preact.js";
import { day, isUnlikelyBirth } from "../format.js";
import { t } from "../words.js";

/** Name, ID, birth date and accession number as far as the settings show them; else the pseudonym. */
export function PatientName({ patient, accession }) {
  const study = accession && t("panel.accession", { number: accession });
  if (!patient) return [html`<span class="dim">${t("worklist.unnamed")}</span>`, study && `, ${study}`];
  const { name, id, label, birth_date: date } = patient;
  const born = date && t("panel.born", { date: day(date) });
  const doubt = date && isUnlikelyBirth(date) && `(${t("date.unlikely")})`;
  const who = name || id ? [name, id] : [t("worklist.patient", { label })];
  return [...who, born && [born, doubt].filter(Boolean).join(" "), study].filter(Boolean).join(", ");
}
