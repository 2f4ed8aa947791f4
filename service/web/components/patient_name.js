/** The patient. */

import { html } from "../vendor/preact.js";
import { day } from "../format.js";
import { t } from "../words.js";

/** Name, ID and birth date as far as the settings show them; else the pseudonym. */
export function PatientName({ patient }) {
  if (!patient) return html`<span class="dim">${t("worklist.unnamed")}</span>`;
  if (!patient.name && !patient.id) return t("worklist.patient", { label: patient.label });
  const born = patient.birth_date && t("panel.born", { date: day(patient.birth_date) });
  return [patient.name, patient.id, born].filter(Boolean).join(", ");
}
