"use strict";

const csrf = async () => (await (await fetch("v1/session")).json()).csrf;

/** Under a session each change repeats the session's token; with a key there is none. */
const withToken = async (request) => {
  const token = request.method === "GET" ? null : await csrf();
  if (token) request.headers["X-CSRF-Token"] = token;
  return request;
};

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  requestInterceptor: withToken,
});
