/** What stands in the film's place before one is chosen. */

import { html } from "../vendor/preact.js";
import { t } from "../words.js";

export function Welcome({ chooser }) {
  return html`
    <main id="film" class="welcome" tabindex="-1">
      <img src="assets/icon.svg" alt="" width="96" height="96" />
      <h2>${t("welcome.title")}</h2>
      <p>${t("welcome.text")}</p>
      <button class="main" onClick=${() => chooser.current.click()}>${t("upload.files")}</button>
      <p class="dim">${t("upload.hint")} ${t("welcome.keys")}</p>
      <p class="dim">${t("panel.is_not")}</p>
    </main>`;
}
