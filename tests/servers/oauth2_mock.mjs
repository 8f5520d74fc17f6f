// oauth2-mock-server, with faults to be chosen: node oauth2_mock.mjs PORT CONTROL_PORT
//   PUT http://127.0.0.1:CONTROL_PORT/?fault=NAME   what the next answers are like; `none` ends it
//   PUT http://127.0.0.1:CONTROL_PORT/?key=ID       sign with a new key of that id, and forget the others
import http from "node:http";
import { OAuth2Server } from "oauth2-mock-server";

const [port, control] = process.argv.slice(2).map(Number);
const server = new OAuth2Server();
await server.issuer.keys.generate("RS256", { kid: "first" });
await server.start(port, "127.0.0.1");

let fault = "none";
let nonce;
server.service.on("beforeAuthorizeRedirect", (_redirect, request) => {
  nonce = new URL(request.url, "http://localhost").searchParams.get("nonce") ?? undefined;
});
server.service.on("beforeTokenSigning", (token) => {
  token.payload.sub ??= "alice";
  if (nonce !== undefined) token.payload.nonce ??= nonce;
  if (fault === "expired") token.payload.exp = 1;
  if (fault === "wrong_aud") token.payload.aud = "someone-else";
  if (fault === "wrong_iss") token.payload.iss = "http://evil.example";
  if (fault === "wrong_nonce") token.payload.nonce = "of-somebody-else";
  if (fault === "no_sub") delete token.payload.sub;
  if (fault === "no_kid") delete token.header.kid;
});
server.service.on("beforeResponse", (response) => {
  if (fault === "token_error") {
    response.statusCode = 400;
    response.body = { error: "invalid_grant" };
  }
  if (fault === "id_token" && substitute) response.body.id_token = substitute;
});
server.service.on("beforeUserinfo", (response) => {
  response.body = { sub: fault === "other_sub" ? "mallory" : "alice", preferred_username: "alice-by-name" };
});

let substitute = "";
http
  .createServer(async (request, response) => {
    const query = new URL(request.url, "http://localhost").searchParams;
    if (query.has("fault")) fault = query.get("fault");
    if (query.has("id_token")) substitute = query.get("id_token");
    if (query.has("key")) {
      for (const key of [...server.issuer.keys]) key.kid !== query.get("key") && server.issuer.keys.delete?.(key.kid);
      await server.issuer.keys.generate("RS256", { kid: query.get("key") });
    }
    response.end(fault);
  })
  .listen(control, "127.0.0.1", () => console.log("ready"));
