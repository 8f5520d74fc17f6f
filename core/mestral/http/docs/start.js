// Shows the OpenAPI document that the page names, with whichever viewer the page has loaded.
"use strict";

const place = document.getElementById("docs");
const url = place.dataset.openapi;

if (window.Redoc) {
  // `nativeScrollbars` and system fonts: nothing is fetched but the document itself.
  const typography = { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } };
  Redoc.init(url, { nativeScrollbars: true, theme: { typography } }, place);
} else {
  SwaggerUIBundle({
    url,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null, // its default asks a server of Swagger's
  });
}
