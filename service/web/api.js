/** Talks to the service. Addresses are relative, so that the page works below any path. */

import { isUnattended } from "./attention.js";

/** A refusal: `code` is stable, `message` is for people; `resultId` of a film that was kept. */
export class Problem extends Error {
  constructor({ code, detail, status = 0, result_id: resultId = null }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.resultId = resultId;
  }
}

const UNREACHABLE = { code: "unreachable", detail: "" };
const UNEXPECTED = { code: "unexpected", detail: "" };

let csrf = null;
let signedOut = () => {};

/** Remember the token that changes need under a session. */
export const useCsrf = (token) => { csrf = token; };

/** Call `handler` whenever the service asks for a sign-in. */
export const onSignedOut = (handler) => { signedOut = handler; };

/** Return the JSON document at a path. Throws Problem. */
export const getJson = async (path, signal) => (await call("GET", path, { signal })).json();

/** Return the bytes at a path. Throws Problem. */
export const getBytes = async (path, signal) => (await call("GET", path, { signal })).arrayBuffer();

/** Send a JSON document and return the answer's; null where it has none. Throws Problem. */
export async function postJson(path, document) {
  const answer = await call("POST", path, {
    body: JSON.stringify(document),
    headers: { "Content-Type": "application/json" },
  });
  return answer.status === 204 ? null : answer.json();
}

/** Delete what is at a path. Throws Problem. */
export const remove = (path) => call("DELETE", path, {});

async function call(method, path, { body, headers = {}, signal }) {
  const answer = await fetch(path, {
    method, body, signal, headers: { ...headers, ...token(), ...attention() }, credentials: "same-origin",
  }).catch((fault) => {
    if (fault.name === "AbortError") throw fault;
    throw new Problem(UNREACHABLE);
  });
  if (!answer.ok) throw refusal(answer.status, await answer.text(), path);
  return answer;
}

/**
 * Send a film and return its result. `onProgress` gets the share sent, 0-1, and then null while it
 * is graded. Fetch does not tell how much of a body was sent. Throws Problem.
 */
export function sendFilm(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "v1/score");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    for (const [name, value] of Object.entries(token())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.upload.onload = () => {
      performance.mark("film-sent");
      onProgress(null);
    };
    request.onerror = () => reject(new Problem(UNREACHABLE));
    request.onload = () =>
      request.status === 200
        ? resolve(JSON.parse(request.responseText))
        : reject(refusal(request.status, request.responseText, "v1/score"));
    request.send(file);
  });
}

const attention = () => (isUnattended() ? { "X-Unattended": "1" } : {});

const token = () => (csrf === null ? {} : { "X-CSRF-Token": csrf });

function refusal(status, text, path) {
  let document = UNEXPECTED;
  try {
    document = JSON.parse(text);
  } catch {
    // A proxy in between answers in its own words.
  }
  if (status === 401 && !path.startsWith("v1/session")) signedOut();
  return new Problem({ ...UNEXPECTED, ...document, status });
}
