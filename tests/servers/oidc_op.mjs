// A strict OpenID Provider, npm's certified oidc-provider, with its own pages for login and consent:
//   node oidc_op.mjs PORT REDIRECT_URI [REDIRECT_URI ...]
// It demands PKCE. Any user name and password will do; the client is `autosubmit`.
import Provider from "oidc-provider";

const [port, ...redirects] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "autosubmit",
      client_secret: "s3cret+s3cret&s3cret=s3cret%s3cret",
      redirect_uris: redirects,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
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
