/** The page's texts: one file a language, under words/. */

const LANGUAGES = ["en", "ko"];
const STORAGE_KEY = "radiograde.language";

let words = {};
let language = "en";

/** The available languages, as {code, name}; a language's own file holds its name. */
export const languages = [];

/** Return the text of a key, with {names} filled in; the key itself where there is none. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Return a message of the service, in the page's language if there is a translation of its code. */
export function messageText({ code, message }) {
  return words[`message.${code}`] ?? message;
}

/** Return the text of a Problem; the browser's own failures have no message of the service. */
export const problemText = (problem) =>
  problem.message ? messageText(problem) : t(`problem.${problem.code}`);

/** The language in use, a BCP 47 tag. */
export const currentLanguage = () => language;

/** Load every language once, then use the one chosen last or preferred by the browser. */
export async function loadWords() {
  const load = async (code) => (await fetch(`assets/words/${code}.json`)).json();
  const all = await Promise.all(LANGUAGES.map(load));
  LANGUAGES.forEach((code, index) => languages.push({ code, name: all[index].language, words: all[index] }));
  const preferred = navigator.languages.map((tag) => tag.split("-")[0]);
  const chosen = [localStorage.getItem(STORAGE_KEY), ...preferred].find((code) => LANGUAGES.includes(code));
  applyLanguage(chosen ?? "en");
}

/** Change the language, and remember it in this browser. */
export function chooseLanguage(code) {
  localStorage.setItem(STORAGE_KEY, code);
  applyLanguage(code);
}

function applyLanguage(code) {
  language = code;
  words = { ...languages[0].words, ...languages.find((one) => one.code === code).words };
  document.documentElement.lang = code;
  document.title = t("title");
}
