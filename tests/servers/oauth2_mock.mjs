// oauth2-mock-server, with faults to be chosen: node oauth2_mock.mjs PORT CONTROL_PORT
//   PUT http://127.0.0.1:CONTROL_PORT/?fault=NAME      what the next answers are like; `none` ends it
//   PUT http://127.0.0.1:CONTROL_PORT/?claims=JSON     claims of the next tokens; null takes one out, {} ends it
//   PUT http://127.0.0.1:CONTROL_PORT/?id_token=TOKEN  the token that the fault `id_token` puts in place of its own
//   PUT http://127.0.0.1:CONTROL_PORT/?key=ID          sign with a new key of that id, and forget the others
// Whoever comes is alice. A code counts as often as it is presented, unless PKCE binds it.
import http from "node:http";
import { JWKStore, OAuth2Server } from "oauth2-mock-server";

const [port, control] = process.argv.slice(2).map(Number);
const server = new OAuth2Server();

async function signWith(kid) {
  const keys = new JWKStore();
  await keys.generate("RS256", { kid });
  Object.defineProperty(server.issuer, "keys", { value: keys, configurable: true });
}

let fault = "none";
let substitute = "";
let claims = {};
const payloads = {
  expired: { exp: 1 },
  wrong_aud: { aud: "someone-else" },
  wrong_iss: { iss: "http://evil.example" },
  wrong_nonce: { nonce: "of-somebody-else" },
  no_sub: { sub: null },
};
server.service.on("beforeTokenSigning", (token) => {
  Object.assign(token.payload, { sub: "alice", preferred_username: "alice-by-name" }, payloads[fault], claims);
  for (const [name, value] of Object.entries(token.payload)) value === null && delete token.payload[name];
  if (fault === "no_kid") delete token.header.kid;
});
server.service.on("beforeResponse", (response) => {
  if (fault === "token_error") {
    response.statusCode = 400;
    response.body = { error: "invalid_grant" };
  }
  if (fault === "no_access_token") delete response.body.access_token;
  if (fault === "no_id_token") delete response.body.id_token;
  if (fault === "id_token") response.body.id_token = substitute;
});
server.service.on("beforeUserinfo", (response) => {
  response.body = { sub: fault === "other_sub" ? "mallory" : "alice", preferred_username: "alice-by-name" };
});

await signWith("first");
await server.start(port, "127.0.0.1");
http
  .createServer(async (request, response) => {
    const query = new URL(request.url, "http://localhost").searchParams;
    if (query.has("fault")) fault = query.get("fault");
    if (query.has("claims")) claims = JSON.parse(query.get("claims"));
    if (query.has("id_token")) substitute = query.get("id_token");
    if (query.has("key")) await signWith(query.get("key"));
    response.end(fault);
  })
  .listen(control, "127.0.0.1", () => console.log("ready"));
