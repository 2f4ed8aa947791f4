"use strict";

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
});
