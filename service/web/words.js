/** The page's texts: one file a language, under words/. */

const STORAGE_KEY = "radiograde.language";

/** The available languages, as {code, name}. */
export const languages = [
  { code: "en", name: "English" },
  { code: "ko", name: "한국어" },
  { code: "de", name: "Deutsch" },
  { code: "es", name: "Español" },
  { code: "ja", name: "日本語" },
];

const loaded = new Map();
let words = {};
let language = "en";

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

/** Load English and the language chosen last or preferred by the browser, and use it. */
export async function loadWords() {
  const preferred = navigator.languages.map((tag) => tag.split("-")[0]);
  const isThere = (code) => languages.some((one) => one.code === code);
  const chosen = [localStorage.getItem(STORAGE_KEY), ...preferred].find(isThere) ?? "en";
  await Promise.all(["en", chosen].map(load));
  applyLanguage(chosen);
}

/** Change the language, and remember it in this browser. */
export async function chooseLanguage(code) {
  await load(code);
  localStorage.setItem(STORAGE_KEY, code);
  applyLanguage(code);
}

async function load(code) {
  if (!loaded.has(code)) loaded.set(code, await (await fetch(`assets/words/${code}.json`)).json());
}

function applyLanguage(code) {
  language = code;
  // Where a language lacks a text, English stands in.
  words = { ...loaded.get("en"), ...loaded.get(code) };
  document.documentElement.lang = code;
  document.title = t("title");
}
