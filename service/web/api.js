/** Requests to the service. Addresses are relative, so that the page works below any path. */

/** An error response: `code` is stable, `message` is for people; `resultId` of a film that was kept. */
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
const UNATTENDED_MS = 60_000;

let csrfToken = null;
let onUnauthenticated = () => {};
let lastInput = performance.now();

for (const type of ["pointerdown", "pointermove", "wheel", "keydown"]) {
  addEventListener(type, () => { lastInput = performance.now(); }, { capture: true, passive: true });
}

/** Set the token that changes need under a session. */
export const setCsrfToken = (token) => { csrfToken = token; };

/** Call `handler` whenever the service requires a sign-in. */
export const onSignInRequired = (handler) => { onUnauthenticated = handler; };

/** Return the JSON document at a path. Throws Problem. */
export const getJson = async (path, signal) => (await request("GET", path, { signal })).json();

/** Return the bytes at a path. Throws Problem. */
export const getBytes = async (path, signal) => (await request("GET", path, { signal })).arrayBuffer();

/** Post a JSON document and return that of the response, null where it has none. Throws Problem. */
export async function postJson(path, document) {
  const response = await request("POST", path, {
    body: JSON.stringify(document),
    headers: { "Content-Type": "application/json" },
  });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** Delete the resource at a path. Throws Problem. */
export const deleteResource = (path) => request("DELETE", path, {});

async function request(method, path, { body, headers = {}, signal }) {
  const response = await fetch(path, {
    method, body, signal, headers: { ...headers, ...csrfHeader(), ...unattendedHeader() }, credentials: "same-origin",
  }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Problem(UNREACHABLE);
  });
  if (!response.ok) throw problemOf(response.status, await response.text(), path);
  return response;
}

/**
 * Upload a film and return its result. `onProgress` gets the fraction uploaded, 0-1, and then null
 * while it is graded. Fetch does not report upload progress, hence XMLHttpRequest. Throws Problem.
 */
export function uploadFilm(file, onProgress) {
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open("POST", "v1/score");
    upload.setRequestHeader("Content-Type", "application/octet-stream");
    for (const [name, value] of Object.entries(csrfHeader())) upload.setRequestHeader(name, value);
    upload.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    upload.upload.onload = () => {
      performance.mark("film-sent");
      onProgress(null);
    };
    upload.onerror = () => reject(new Problem(UNREACHABLE));
    upload.onload = () =>
      upload.status === 200
        ? resolve(JSON.parse(upload.responseText))
        : reject(problemOf(upload.status, upload.responseText, "v1/score"));
    upload.send(file);
  });
}

/** Requests of a page that nobody has touched for a minute must not prolong the session. */
const unattendedHeader = () => (performance.now() - lastInput > UNATTENDED_MS ? { "X-Unattended": "1" } : {});

const csrfHeader = () => (csrfToken === null ? {} : { "X-CSRF-Token": csrfToken });

function problemOf(status, text, path) {
  let document = UNEXPECTED;
  try {
    document = JSON.parse(text);
  } catch {
    // A proxy in between may answer with a page of its own.
  }
  if (status === 401 && path !== "v1/session") onUnauthenticated();
  return new Problem({ ...UNEXPECTED, ...document, status });
}
