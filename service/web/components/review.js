/** A reader's own judgement, kept beside the model's result. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { postJson } from "../api.js";
import { moment } from "../format.js";
import { problemWords, t } from "../words.js";
import { ZONE_ROWS } from "./scores.js";

const VERDICTS = [["accepted", "accept"], ["corrected", "correct"], ["not_gradable", "not_gradable"]];
const GRADES = [0, 1, 2, 3];
const LONGEST = 2000;

/** `startRef.current(verdict)` begins a review, for the keys. */
export function Review({ result, user, say, onChanged, startRef }) {
  const [verdict, setVerdict] = useState(null);
  const [fault, setFault] = useState("");
  const form = useRef(null);
  const mayReview = user.permissions.includes("review");
  const start = (chosen) => {
    if (!mayReview) return;
    setFault("");
    setVerdict(chosen);
  };
  useEffect(() => {
    startRef.current = start;
    return () => { startRef.current = null; };
  });
  // At once, so that what is typed next is the comment and no key of the page.
  useLayoutEffect(() => {
    if (verdict === null) return;
    form.current.querySelector(verdict === "corrected" ? "input" : "textarea").focus();
    form.current.scrollIntoView({ block: "nearest" });
  }, [verdict]);
  const save = async (event) => {
    event.preventDefault();
    const filled = new FormData(event.target);
    const review = { verdict, comment: filled.get("comment").trim() || null };
    if (verdict === "corrected") review.zones = zonesOf(filled);
    try {
      await postJson(`v1/results/${result.id}/reviews`, review);
    } catch (problem) {
      setFault(problemWords(problem));
      return;
    }
    setVerdict(null);
    say(t("review.saved"));
    onChanged();
  };
  return html`
    <section class="review" aria-labelledby="review">
      <h3 id="review">${t("review.title")} <span class="dim">${t("review.hint")}</span></h3>
      <${Given} reviews=${result.reviews ?? []} />
      ${!mayReview && html`<p class="dim">${t("review.not_allowed")}</p>`}
      ${mayReview && html`
        <div class="row">
          ${VERDICTS.map(([value, word]) => html`
            <button key=${value} aria-pressed=${String(verdict === value)} onClick=${() => start(value)}>${t(`review.${word}`)}</button>`)}
        </div>`}
      ${verdict !== null && html`
        <form ref=${form} onSubmit=${save} onKeyDown=${(event) => event.key === "Escape" && setVerdict(null)}>
          ${verdict === "corrected" && html`<${Correction} zones=${latest(result)} />`}
          <label>${t("review.comment")} <span class="dim">${t("review.comment_hint")}</span>
            <textarea name="comment" rows="2" maxlength=${LONGEST} /></label>
          <p class="fault" role="alert">${fault}</p>
          <div class="row">
            <button class="main">${t("review.save")}</button>
            <button type="button" onClick=${() => setVerdict(null)}>${t("review.cancel")}</button>
          </div>
        </form>`}
    </section>`;
}

function Given({ reviews }) {
  if (!reviews.length) return html`<p class="dim">${t("review.none")}</p>`;
  return html`
    <ul class="given">
      ${reviews.map((review) => html`
        <li key=${review.id}>
          <b>${t(`review.verdict.${review.verdict}`, { sum: review.brixia })}</b>
          <span class="dim"> ${t("review.by", { reviewer: review.reviewer, when: moment(review.created) })}</span>
          ${review.zones && html`<p class="dim">${ZONE_ROWS.flat().sort().map((name) => `${name} ${review.zones[name]}`).join(", ")}</p>`}
          ${review.comment && html`<p>${review.comment}</p>`}
        </li>`)}
    </ul>`;
}

/** Six zones, 0-3 each, as they lie on the film. */
function Correction({ zones }) {
  const [chosen, setChosen] = useState(zones);
  const sum = Object.values(chosen).reduce((total, grade) => total + grade, 0);
  return html`
    <div class="correction">
      ${ZONE_ROWS.flat().map((name) => html`
        <fieldset key=${name}>
          <legend>${name} <span class="dim">${t(`zone.${name}`)}</span></legend>
          ${GRADES.map((grade) => html`
            <label key=${grade} class=${`shade-${grade}`}>
              <input type="radio" name=${name} value=${grade} checked=${chosen[name] === grade} onChange=${() => setChosen({ ...chosen, [name]: grade })} />
              <span>${grade}</span>
            </label>`)}
        </fieldset>`)}
      <p class="sum" role="status">${t("review.sum", { sum })}</p>
      <p class="dim small">${t("panel.zone_scale")}</p>
    </div>`;
}

/** Return where a correction begins: at the last one, else at the model's zones, rounded. */
function latest(result) {
  const corrected = (result.reviews ?? []).find(({ zones }) => zones);
  if (corrected) return corrected.zones;
  const zones = result.scores?.brixia.zones;
  return Object.fromEntries(ZONE_ROWS.flat().map((name) => [name, zones ? Math.round(zones[name].value) : 0]));
}

const zonesOf = (filled) => Object.fromEntries(ZONE_ROWS.flat().map((name) => [name, Number(filled.get(name))]));
