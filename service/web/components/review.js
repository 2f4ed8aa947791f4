/** A reader's verdict, saved beside the model's result. */

import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { postJson } from "../api.js";
import { dateTime } from "../format.js";
import { problemText, t } from "../words.js";
import { ZONE_ROWS } from "./scores.js";

const VERDICTS = [["accepted", "accept"], ["corrected", "correct"], ["not_gradable", "not_gradable"]];
const GRADES = [0, 1, 2, 3];
const MAX_COMMENT_LENGTH = 2000;

/** `startRef.current(verdict)` begins a review, for the shortcuts. */
export function Review({ result, user, announce, onChanged, startRef }) {
  const [verdict, setVerdict] = useState(null);
  const [error, setError] = useState("");
  const form = useRef(null);
  const mayReview = user.permissions.includes("review");
  const start = (chosen) => {
    if (!mayReview) return;
    setError("");
    setVerdict(chosen);
  };
  // Whoever sees the film can already press a key.
  useLayoutEffect(() => {
    startRef.current = start;
    return () => { startRef.current = null; };
  });
  // Before the next key: it belongs to the comment and must not act as a shortcut.
  useLayoutEffect(() => {
    if (verdict === null) return;
    form.current.querySelector(verdict === "corrected" ? "input" : "textarea").focus();
    form.current.scrollIntoView({ block: "nearest" });
  }, [verdict]);
  const save = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const review = { verdict, comment: fields.get("comment").trim() || null };
    if (verdict === "corrected") review.zones = zonesOf(fields);
    try {
      await postJson(`v1/results/${result.id}/reviews`, review);
    } catch (problem) {
      setError(problemText(problem));
      return;
    }
    setVerdict(null);
    announce(t("review.saved"));
    onChanged();
  };
  return html`
    <section class="review" aria-labelledby="review">
      <h3 id="review">${t("review.title")} <span class="dim">${t("review.hint")}</span></h3>
      <${ReviewList} reviews=${result.reviews ?? []} />
      ${!mayReview && html`<p class="dim">${t("review.not_allowed")}</p>`}
      ${mayReview && html`
        <div class="row">
          ${VERDICTS.map(([value, label]) => html`
            <button key=${value} aria-pressed=${String(verdict === value)} onClick=${() => start(value)}>${t(`review.${label}`)}</button>`)}
        </div>`}
      ${verdict !== null && html`
        <form ref=${form} onSubmit=${save} onKeyDown=${(event) => event.key === "Escape" && setVerdict(null)}>
          ${verdict === "corrected" && html`<${Correction} zones=${initialZones(result)} />`}
          <label>${t("review.comment")} <span class="dim">${t("review.comment_hint")}</span>
            <textarea name="comment" rows="2" maxlength=${MAX_COMMENT_LENGTH} /></label>
          <p class="error" role="alert">${error}</p>
          <div class="row">
            <button class="main">${t("review.save")}</button>
            <button type="button" onClick=${() => setVerdict(null)}>${t("review.cancel")}</button>
          </div>
        </form>`}
    </section>`;
}

function ReviewList({ reviews }) {
  if (!reviews.length) return html`<p class="dim">${t("review.none")}</p>`;
  return html`
    <ul class="review-list">
      ${reviews.map((review) => html`
        <li key=${review.id}>
          <b>${t(`review.verdict.${review.verdict}`, { sum: review.brixia })}</b>
          <span class="dim"> ${t("review.by", { reviewer: review.reviewer, when: dateTime(review.created) })}</span>
          ${review.zones && html`<p class="dim">${ZONE_ROWS.flat().sort().map((name) => `${name} ${review.zones[name]}`).join(", ")}</p>`}
          ${review.comment && html`<p>${review.comment}</p>`}
        </li>`)}
    </ul>`;
}

/** Six zones, 0-3 each, laid out as on the film; `zones`: what is chosen at first. */
export function Correction({ zones }) {
  const [chosen, setChosen] = useState(zones);
  const sum = Object.values(chosen).reduce((total, grade) => total + grade, 0);
  return html`
    <div class="correction">
      ${ZONE_ROWS.flat().map((name) => html`
        <fieldset key=${name}>
          <legend>${name} <span class="dim">${t(`zone.${name}`)}</span></legend>
          ${GRADES.map((grade) => html`
            <label key=${grade} class=${`grade-${grade}`}>
              <input type="radio" required name=${name} value=${grade} checked=${chosen[name] === grade} onChange=${() => setChosen({ ...chosen, [name]: grade })} />
              <span>${grade}</span>
            </label>`)}
        </fieldset>`)}
      <p class="sum" role="status">${t("review.sum", { sum })}</p>
      <p class="dim small">${t("panel.zone_scale")}</p>
    </div>`;
}

/** Return the zones that a correction starts from: the last correction, else the model's, rounded. */
function initialZones(result) {
  const corrected = (result.reviews ?? []).find(({ zones }) => zones);
  if (corrected) return corrected.zones;
  const zones = result.scores?.brixia.zones;
  return Object.fromEntries(ZONE_ROWS.flat().map((name) => [name, zones ? Math.round(zones[name].value) : 0]));
}

/** Return the grades that a form with a Correction holds. */
export const zonesOf = (fields) => Object.fromEntries(ZONE_ROWS.flat().map((name) => [name, Number(fields.get(name))]));
