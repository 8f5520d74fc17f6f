// A client of Mestral whose types were generated from its OpenAPI document:
//   npx openapi-typescript https://your.server/openapi.json -o mestral.ts
// Usage: node built/example.js URL TOKEN

import createClient from "openapi-fetch";
import type { components, paths } from "./mestral.js";

type Experiment = components["schemas"]["experiments.ExperimentItem"];

const [url = "http://127.0.0.1:8000", token = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

const { data, error } = await client.GET("/v4/experiments", {
  params: { query: { only_active: false, order_by: "expid", page_size: 3 } },
});
if (error) throw new Error(error.error_message);
const experiments = data.experiments as Experiment[]; // whole ones, because no `fields` were chosen
for (const { name, completed, total } of experiments) {
  const share: number = total ? completed / total : 0;
  console.log(`${name} ${share.toFixed(2)}`);
}

const expid = experiments[0]?.name ?? "";
const jobs = await client.GET("/v4/experiments/{expid}/jobs", {
  params: { path: { expid }, query: { view: "quick", status: "COMPLETED" } },
});
console.log(`${expid} has ${jobs.data?.pagination.total_items} jobs that are completed`);

const named = await client.POST("/v4/experiments:batch", {
  body: { expids: [expid, "zzzz"], fields: ["name"] },
});
console.log(`${named.data?.experiments[0]?.name} exists, ${named.data?.unknown} does not`);

const unknown = await client.GET("/v4/experiments/{expid}", { params: { path: { expid: "zzzz" } } });
console.log(`${unknown.response.status} ${unknown.error?.code}`);

// @ts-expect-error There is no such sort key.
await client.GET("/v4/experiments", { params: { query: { order_by: "size" } } });
// @ts-expect-error An experiment has no such property.
export type Nonsense = Experiment["nonsense"];
