/** A list that people change: loaded, and loaded again after each change. */

import { useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

/**
 * Return {value, error, run} of the list at a path. `run(change, text, form)` waits for the change,
 * announces the text and empties the form; it returns what was made, null where nothing was.
 */
export function useManaged(path, announce) {
  const list = useLoaded((signal) => getJson(path, signal), []);
  const [failed, setFailed] = useState(null);
  const run = async (change, text = t("accounts.saved"), form = null) => {
    setFailed(null);
    try {
      const made = await change;
      announce(text);
      form?.reset();
      list.reload();
      return made;
    } catch (problem) {
      setFailed(problem);
      return null;
    }
  };
  const problem = failed ?? list.problem;
  return { value: list.value, error: problem ? problemText(problem) : "", run };
}
