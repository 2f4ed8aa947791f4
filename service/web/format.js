/** Numbers and dates as people read them. */

import { currentLanguage, t } from "./words.js";

/** A score with one decimal. */
export const score = (value) => value.toFixed(1);

/** A change with its sign, one decimal. */
export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/** "1.2 to 3.4". */
export const range = ([low, high]) => t("value.range", { low: score(low), high: score(high) });

/** A percentage; null where the lung was not found. */
export const percent = (value) =>
  value === null ? t("value.not_seen") : t("value.percent", { value: value.toFixed(0) });

/** The browser's locale of the page's language, such as en-GB. */
const locale = () => navigator.languages.find((tag) => tag.startsWith(currentLanguage())) ?? currentLanguage();

/** By locale and options: a list formats hundreds of dates, and making a format takes longer than using it. */
const formats = new Map();

function format(date, options) {
  const key = `${locale()} ${Object.values(options)} ${Object.keys(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options));
  return formats.get(key).format(date);
}

/** Date and time of an ISO timestamp; the time alone where it is today's. */
export function dateTime(iso) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  return format(date, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** The day of an ISO timestamp. An acquisition date has no zone and is shown as it was written. */
export const day = (iso) => format(localTime(iso), { dateStyle: "medium" });

/** An acquisition date and time in full; the date alone where the file has no time. */
export const acquired = (iso) =>
  iso.length === 10 ? day(iso) : format(new Date(iso), { dateStyle: "medium", timeStyle: "short" });

const DAY_MS = 86_400_000;
const FIRST_YEAR = 1970; // of films that are stored as files, scanned ones among them
const OLDEST_YEARS = 120;

/**
 * Return whether a film's acquisition time cannot be right, or hardly: in the future when the film
 * came in, before there were files of films, or before the patient's birth.
 */
export function isUnlikelyAcquisition({ taken, received, patient }) {
  if (!taken) return false;
  const born = patient?.birth_date;
  return localTime(taken) - new Date(received) > DAY_MS || Number(taken.slice(0, 4)) < FIRST_YEAR
    || Boolean(born && taken.slice(0, 10) < born);
}

/** Return whether nobody of this birth date can be a patient today. */
export function isUnlikelyBirth(iso) {
  const years = (Date.now() - localTime(iso)) / (365.25 * DAY_MS);
  return years < 0 || years > OLDEST_YEARS;
}

/** The time of an acquisition, whose zone is the hospital's; of a date alone its beginning. */
export const localTime = (iso) => new Date(iso.length === 10 ? `${iso}T00:00:00` : iso);
