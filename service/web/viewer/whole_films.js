/** Whole films out of what the service sent, made on a thread of their own. */

let worker = null;
let count = 0;
const waiting = new Map();

/** Return {pixels, derived} of an ArrayBuffer of packed pixels, which is given away. */
export function wholeFilm(packed, { rows, columns }) {
  worker ??= started();
  const number = (count += 1);
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject });
    worker.postMessage({ number, packed, size: { rows, columns } }, [packed]);
  });
}

function started() {
  const fresh = new Worker(scriptUrl(), { type: "module" });
  fresh.onmessage = ({ data: { number, film, reason } }) => {
    const { resolve, reject } = waiting.get(number);
    waiting.delete(number);
    if (film) resolve(film);
    else reject(new Error(reason));
  };
  fresh.onerror = () => {
    // It could not be loaded, or has ended; the next film begins with another.
    worker = null;
    for (const { reject } of waiting.values()) reject(new Error("The film could not be unpacked."));
    waiting.clear();
  };
  return fresh;
}

/** The content security policy wants a script's address to be vouched for. */
function scriptUrl() {
  const url = new URL("./film_worker.js", import.meta.url).href;
  const policy = globalThis.trustedTypes?.createPolicy("radiograde-worker", { createScriptURL: (own) => own });
  return policy ? policy.createScriptURL(url) : url;
}
