// GitHub's login pages as strict as a server can be: npm's certified oidc-provider under GitHub's paths, with its
// own pages for login and consent:
//   node github_web.mjs PORT REDIRECT_URI [REDIRECT_URI ...]
// It demands PKCE, and takes each code once, from the client `mestral` with its secret in the body, as GitHub does.
// Any user name and password will do. It is no API: that is the simulator's part.
import Provider from "oidc-provider";

const [port, ...redirects] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "mestral",
      client_secret: "s3cret+s3cret&s3cret=s3cret%s3cret%2B",
      redirect_uris: redirects,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  pkce: { required: () => true },
  scopes: ["read:org"],
  routes: { authorization: "/login/oauth/authorize", token: "/login/oauth/access_token" },
  findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for-tests-alone"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
