/** Every method of the compiled TypeScript client, once: `node typescript_calls.mjs CLIENT ADDRESS KEY`. */

const [client, address, key] = process.argv.slice(2);
const { Client, ProblemError, UnreachableError } = await import(client);

const requests = [];
const send = globalThis.fetch;
globalThis.fetch = (url, init) => {
  requests.push([init.method, new URL(url).pathname]);
  return send(url, init);
};

const api = new Client(address, { key });
const answers = {
  session: await api.session({ viewed: ["p03"], limit: 5 }),
  basket: await api.basket({ cart: ["p10"], user_id: "u1" }),
  batch: await api.batch([{ user_id: "u1" }, { viewed: ["p03"] }]),
  category: await api.category({ category: "Home > Lighting", user_id: null }),
  popular: await api.popular({ limit: 2, filters: ["brand:Acme", "price:..50"] }),
  page: await api.page({ slots: [{ name: "a b", list: "similar" }], product_id: "p03" }),
  product: await api.product("p03"),
  similar: await api.similar("p03", { limit: 4 }),
  boughtTogether: await api.boughtTogether("p03"),
  search: await api.search("lantern", { facets: ["brand"], sort: "price_asc" }),
  suggest: await api.suggest("lan"),
  selectBanner: await api.selectBanner("home", { context: { page: "home" } }),
  decide: await api.decide({ user_id: "u1", slot: "home" }),
  events: await api.events([
    { kind: "click", user_id: "u1", product_id: "p03" },
    { kind: "visit", session_id: "s1" },
  ]),
  score: await api.score(["u1", "nobody"]),
  campaigns: await api.campaigns(),
  plan: await api.plan("campaign", { lift: 0.1, rate: 0.02 }),
  segments: await api.segments({ campaign: "campaign" }),
  simulate: await api.simulate({ budget: 50 }),
  report: await api.report("uplift"),
  experiments: await api.experiments(),
  release: await api.release(),
  forYou: await api.forYou("u5", { limit: 3 }),
  forget: await api.forget("u/9"),
  history: await api.history("u6", { limit: 5 }),
  takeOut: await api.takeOut("u/9", "p/3"),
  updateProduct: await api.updateProduct("n/9", { price: 2.5, in_stock: false }),
  updateProducts: await api.updateProducts([{ product_id: "n9", price: null, tags: ["new"] }]),
  live: await api.live(),
  ready: await api.ready(),
  metrics: await api.metrics(),
};
answers.rewardBanner = await api.rewardBanner("home", answers.selectBanner.impression_id, 1);
answers.once = [];
for (const idempotencyKey of ["ts-1", "ts-1", "ts-2"]) {
  answers.once.push((await api.selectBanner("home", {}, { idempotencyKey })).impression_id);
}
answers.rewardBanners = await api.rewardBanners([
  { impression_id: answers.selectBanner.impression_id, reward: 0 },
  { impression_id: "never", reward: 1 },
]);
let bytes = 0;
for await (const part of api.export("scores", { format: "ndjson" })) bytes += part.length;
answers.export = bytes;
answers.members = [];
for await (const member of api.members("persuadable")) answers.members.push(member.user_id);

/** What a call fails with. */
async function failure(made) {
  try {
    await made();
  } catch (error) {
    const kind = error instanceof ProblemError ? "problem" : error instanceof UnreachableError ? "unreachable" : "other";
    return { is: kind, ...error, text: String(error), cause: String(error.cause) };
  }
  return null;
}

const failures = {
  unknown: await failure(() => api.product("none/such")),
  invalid: await failure(() => api.popular({ limit: 500 })),
  wrong: await failure(() => new Client(address, { key: "wrong-secret" }).popular()),
  unreachable: await failure(() => new Client("http://127.0.0.1:1", { key }).release()),
  members: await failure(() => api.members("nobody").next()),
};
for await (const member of api.members("persuadable")) if (member) break; // one may leave early

console.log(JSON.stringify({ requests, answers, failures, shown: (await import("node:util")).inspect(api) }));
