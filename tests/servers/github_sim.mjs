// GitHub's API and OAuth pages, by @simulacrum/github-api-simulator, on this machine alone:
//   node github_sim.mjs PORT LOGIN ORGANISATION TEAM
// It answers from GitHub's published document; the handlers here say who is a member, so that a test sees a
// member, somebody invited ("pending") and a stranger.
import { simulation } from "@simulacrum/github-api-simulator";

const [port, login, organisation, team] = process.argv.slice(2);
const app = simulation({
  initialState: {
    users: [{ id: 1001, login, name: login, email: `${login}@example.org`, organizations: [organisation] }],
    organizations: [{ login: organisation, name: organisation }],
    repositories: [],
    branches: [],
    blobs: [],
  },
  extend: {
    openapiHandlers: () => ({
      "orgs/check-membership-for-user": async (context, _request, response) => {
        const { org, username } = context.request.params;
        const member = org === organisation && username.startsWith("member");
        return response.status(member ? 204 : 404).end();
      },
      "orgs/get-membership-for-authenticated-user": async (context, _request, response) => {
        const { org } = context.request.params;
        if (org !== organisation || login.startsWith("stranger")) return response.status(404).json({ message: "Not Found" });
        return response.status(200).json({ url: "", role: "member", state: login.startsWith("pending") ? "pending" : "active" });
      },
      "teams/get-membership-for-user-in-org": async (context, _request, response) => {
        const { org, team_slug, username } = context.request.params;
        if (org !== organisation || team_slug !== team) return response.status(404).json({ message: "Not Found" });
        if (username.startsWith("member")) return response.status(200).json({ url: "", role: "member", state: "active" });
        if (username.startsWith("pending")) return response.status(200).json({ url: "", role: "member", state: "pending" });
        return response.status(404).json({ message: "Not Found" });
      },
    }),
  },
});
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
