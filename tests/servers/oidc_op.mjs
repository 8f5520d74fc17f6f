// A strict OpenID Provider, npm's certified oidc-provider, with its own pages for login and consent:
//   node oidc_op.mjs PORT REDIRECT_URI [REDIRECT_URI ...]
// It demands PKCE. Any user name and password will do; the clients are `autosubmit`, which sends its secret in a
// header, and `by-post`, which sends it in the form.
import Provider from "oidc-provider";

const [port, ...redirects] = process.argv.slice(2);
const client = {
  client_secret: "s3cret+s3cret&s3cret=s3cret%s3cret",
  redirect_uris: redirects,
  grant_types: ["authorization_code"],
  response_types: ["code"],
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { ...client, client_id: "autosubmit", token_endpoint_auth_method: "client_secret_basic" },
    { ...client, client_id: "by-post", token_endpoint_auth_method: "client_secret_post" },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "name"], email: ["email"] },
  conformIdTokenClaims: false, // claims of the profile in the id token too
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, preferred_username: `${id}-by-name`, name: id, email: `${id}@example.org` }),
  }),
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for-tests-alone"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
