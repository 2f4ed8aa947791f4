/** The demonstration: drawn films of patients who do not exist. */

import { getBytes } from "../api.js";

const FILMS = 7; // as data/demonstration.py draws them

/** Return the films as files, to be sent as any others. Throws Problem. */
export const demonstrationFilms = () => Promise.all(Array.from({ length: FILMS }, async (_, index) => {
  const name = `${index + 1}.dcm`;
  return new File([await getBytes(`assets/demonstration/${name}`)], name);
}));
