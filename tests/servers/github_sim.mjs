// GitHub's API and OAuth pages, by @simulacrum/github-api-simulator, on this machine alone:
//   node github_sim.mjs PORT LOGIN ORGANISATION TEAM
//   PUT http://127.0.0.1:PORT/simulator/person?login=NAME[&id=NUMBER]   somebody else is logged in from now on
// It answers from GitHub's published document; the handlers here say who is a member, so that a test sees a
// member, somebody invited ("pending...") and a stranger ("stranger..."). It takes any code, and any token.
import { simulation } from "@simulacrum/github-api-simulator";

const [port, first, organisation, team] = process.argv.slice(2);
let login = first;

function membership(response, name) {
  if (!name.startsWith("member") && !name.startsWith("pending")) {
    return response.status(404).json({ message: "Not Found" });
  }
  return response.status(200).json({ url: "", role: "member", state: name.startsWith("member") ? "active" : "pending" });
}

const app = simulation({
  initialState: {
    users: [{ id: 1001, login, name: login, email: `${login}@example.org`, organizations: [organisation] }],
    organizations: [{ login: organisation, name: organisation }],
    repositories: [],
    branches: [],
    blobs: [],
  },
  extend: {
    extendRouter: (router, { store, schema, actions }) => {
      router.put("/simulator/person", (request, response) => {
        login = request.query.login;
        const [person] = schema.users.selectTableAsList(store.getState());
        const changed = { ...person, login, id: Number(request.query.id ?? person.id) };
        store.dispatch(actions.batchUpdater([schema.users.set({ [changed.id]: changed })]));
        response.json(changed);
      });
      // The simulator leaves out what GitHub always says of a token.
      router.use("/login/oauth/access_token", (_request, response, next) => {
        const json = response.json.bind(response);
        response.json = (body) => json({ ...body, token_type: "bearer", scope: "read:org" });
        next();
      });
    },
    openapiHandlers: () => ({
      "orgs/get-membership-for-authenticated-user": async (context, _request, response) =>
        membership(response, context.request.params.org === organisation ? login : "stranger"),
      "teams/get-membership-for-user-in-org": async (context, _request, response) => {
        const { org, team_slug, username } = context.request.params;
        return membership(response, org === organisation && team_slug === team ? username : "stranger");
      },
    }),
  },
});
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
