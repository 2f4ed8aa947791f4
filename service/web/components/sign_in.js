/** The door. */

import { html, useState } from "../vendor/preact.js";
import { problemWords, t } from "../words.js";
import { LanguageChoice } from "./language.js";

export function SignIn({ session, onLanguage }) {
  const [fault, setFault] = useState(session.ended ? t("sign_in.ended") : "");
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const { name, password } = Object.fromEntries(new FormData(event.target));
    setBusy(true);
    await session.signIn(name, password).catch((problem) => setFault(problemWords(problem)));
    setBusy(false);
  };
  return html`
    <main class="door">
      <h1><img src="assets/icon.svg" alt="" width="40" height="40" /> Radiograde</h1>
      <form onSubmit=${submit}>
        <h2>${t("sign_in.title")}</h2>
        <label>${t("sign_in.name")} <input name="name" autocomplete="username" required autofocus /></label>
        <label>${t("sign_in.password")} <input name="password" type="password" autocomplete="current-password" required /></label>
        <p class="fault" role="alert">${fault}</p>
        <button class="main" disabled=${busy}>${t("sign_in.submit")}</button>
      </form>
      <p class="notice">${t("notice")}</p>
      <${LanguageChoice} onLanguage=${onLanguage} />
    </main>`;
}
