/** Numbers and times as people read them. */

import { current, t } from "./words.js";

/** A score with one decimal. */
export const score = (value) => value.toFixed(1);

/** A change with its sign, one decimal. */
export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/** "1.2 to 3.4". */
export const range = ([low, high]) => t("value.range", { low: score(low), high: score(high) });

/** A percentage, or that the lung was not seen. */
export const share = (value) =>
  value === null ? t("value.not_seen") : t("value.percent", { value: value.toFixed(0) });

/** The reader's own way of writing dates in the page's language, such as en-GB. */
const locale = () => navigator.languages.find((tag) => tag.startsWith(current())) ?? current();

const format = (moment, options) => new Intl.DateTimeFormat(locale(), options).format(moment);

/** Date and time of an ISO moment; today's films show the time alone. */
export function moment(iso) {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date().toDateString();
  return format(then, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** The day of an ISO moment. A film's own time has no zone, and stays as it was written. */
export const day = (iso) => format(new Date(iso.length === 10 ? `${iso}T00:00:00` : iso), { dateStyle: "medium" });

/** Date and time of a film's own, in full; the date alone where the file gave no time. */
export const taken = (iso) =>
  iso.length === 10 ? day(iso) : format(new Date(iso), { dateStyle: "medium", timeStyle: "short" });
