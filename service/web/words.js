/** The page's words: one file a language, under words/. */

const LANGUAGES = ["en", "ko"];
const KEPT = "radiograde.language";

let words = {};
let language = "en";

/** The languages there are, as {code, name}; a language's own file holds its name. */
export const languages = [];

/** Return the words under a key, with {names} filled in; the key itself where there are none. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Return what the service said of a film or a request, in the page's language if it can. */
export function told({ code, message }) {
  return words[`told.${code}`] ?? message;
}

/** Return a Problem in words; what the browser itself could not do has no message of the service. */
export const problemWords = (problem) =>
  problem.message ? told(problem) : t(`problem.${problem.code}`);

/** The language in use, a BCP 47 tag. */
export const current = () => language;

/** Read every language once, then use the one that was chosen last or that the browser prefers. */
export async function loadWords() {
  const read = async (code) => (await fetch(`assets/words/${code}.json`)).json();
  const all = await Promise.all(LANGUAGES.map(read));
  LANGUAGES.forEach((code, place) => languages.push({ code, name: all[place].language, words: all[place] }));
  const preferred = navigator.languages.map((tag) => tag.split("-")[0]);
  const wanted = [localStorage.getItem(KEPT), ...preferred].find((code) => LANGUAGES.includes(code));
  use(wanted ?? "en");
}

/** Change the language, and remember it in this browser. */
export function choose(code) {
  localStorage.setItem(KEPT, code);
  use(code);
}

function use(code) {
  language = code;
  words = { ...languages[0].words, ...languages.find((one) => one.code === code).words };
  document.documentElement.lang = code;
  document.title = t("title");
}
