/** The client: a method an operation of the API. */

import { type Call, Exchange, type Once, type Options } from "./exchange.js";
import type * as t from "./types.js";

/** The API at an address. Every method may reject with an `UpshelfError`. */
export class Client {
  readonly #exchange: Exchange;

  constructor(address = "http://127.0.0.1:8000", options: Options = {}) {
    this.#exchange = new Exchange(address, options);
  }

  /** What to show after the products viewed in this session. */
  session(request: t.SessionRequest): Promise<t.ListAnswer> {
    return this.#post("/v1/recommendations/session", request);
  }

  /** What this customer buys next, given the cart. */
  basket(request: t.BasketRequest): Promise<t.ListAnswer> {
    return this.#post("/v1/recommendations/basket", request);
  }

  /** To each of up to a hundred visitors what `session`, or `for_you`, would answer. */
  batch(visitors: t.SessionRequest[], list: t.BatchList = "session"): Promise<t.BatchAnswer> {
    return this.#post("/v1/recommendations/batch", { visitors, list });
  }

  /** What to show to a user without a session. */
  forYou(userId: string, request: Omit<t.UserRequest, "user_id"> = {}): Promise<t.ForYouAnswer> {
    return this.#post("/v1/recommendations/user", { ...request, user_id: userId });
  }

  /** What is popular in a category, or in those that a user looks at. */
  category(query: t.CategoryQuery = {}): Promise<t.ListAnswer> {
    return this.#get("/v1/recommendations/category", query);
  }

  /** What is popular in the shop. */
  popular(query: t.ListQuery = {}): Promise<t.ListAnswer> {
    return this.#get("/v1/recommendations/popular", query);
  }

  /** The lists of a whole page, no product twice. */
  page(request: t.PageRequest): Promise<t.PageAnswer> {
    return this.#post("/v1/page", request);
  }

  /** A product as the release knows it. */
  product(productId: string): Promise<t.Product> {
    return this.#get(`/v1/products/${part(productId)}`);
  }

  /** Products like this one. */
  similar(productId: string, query: t.ListQuery = {}): Promise<t.ListAnswer> {
    return this.#get(`/v1/products/${part(productId)}/similar`, query);
  }

  /** Products bought together with this one. */
  boughtTogether(productId: string, query: t.ListQuery = {}): Promise<t.ListAnswer> {
    return this.#get(`/v1/products/${part(productId)}/bought-together`, query);
  }

  /** Find products by words and meaning; without words the catalogue is browsed. */
  search(q = "", query: t.SearchQuery = {}): Promise<t.SearchAnswer> {
    return this.#get("/v1/search", { q, ...query });
  }

  /** Complete what a shopper types. */
  suggest(q: string): Promise<t.SuggestAnswer> {
    return this.#get("/v1/search/suggest", { q });
  }

  /** Choose a banner for a slot, or `count` of them (its `slate`), and put them on record; each call without a key draws. */
  selectBanner(slot: string, request: t.BannerRequest = {}, once: Once = {}): Promise<t.SlateAnswer> {
    return this.#post(`/v1/banners/${part(slot)}/select`, request, { isRepeatable: false, ...once });
  }

  /** Say what came of a banner, 0 to 1; the first reward of an impression counts. */
  rewardBanner(slot: string, impressionId: string, reward: number, once: Once = {}): Promise<t.RewardAnswer> {
    return this.#post(`/v1/banners/${part(slot)}/reward`, { impression_id: impressionId, reward }, once);
  }

  /** Say what came of up to 1000 banners of any slots; what became of each is told. */
  rewardBanners(rewards: t.RewardRequest[]): Promise<t.RewardsAnswer> {
    return this.#post("/v1/banners/rewards", { rewards });
  }

  /** Whether to advertise to this shopper, with which banner and products, and why. */
  decide(request: t.DecisionRequest, once: Once = {}): Promise<t.DecisionAnswer> {
    return this.#post("/v1/decisions", request, { isRepeatable: !request.slot, ...once });
  }

  /** Keep what shoppers did, up to 1000 events, all or none; an event counts once by its id. */
  events(events: t.Event[], once: Once = {}): Promise<t.EventsAnswer> {
    return this.#post("/v1/events", { events: events.map((event) => ({ event_id: newId(), ...event })) }, once);
  }

  /** The shop's campaigns: state, whether the experiment is valid, arms and windows. */
  campaigns(): Promise<t.CampaignsAnswer> {
    return this.#get("/v1/campaigns");
  }

  /** Who responds because of a contact; up to 1000 users. One of several campaigns must be named. */
  score(userIds: string[], of: t.OfCampaign = {}): Promise<t.ScoreAnswer> {
    return this.#post("/v1/targeting/score", { user_ids: userIds, ...of });
  }

  /** The segments, their sizes, mean uplift and what tells each apart. */
  segments(of: t.OfCampaign = {}): Promise<t.SegmentsAnswer> {
    return this.#get("/v1/segments", of);
  }

  /** The members of a segment, one by one as they arrive, all from one release; any number of them. */
  members(segment: string, of: t.OfCampaign = {}): AsyncGenerator<t.Member, void, undefined> {
    const path = `/v1/segments/${part(segment)}/members`;
    return this.#exchange.lines({ method: "GET", path, query: { format: "ndjson", ...of } });
  }

  /** Scores, segments or the plan as a file, part by part as it arrives, all from one release. */
  export(what: t.Export, query: t.ExportQuery = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#exchange.parts({ method: "GET", path: `/v1/exports/${part(what)}`, query });
  }

  /** What each targeting strategy would earn. */
  simulate(request: t.RoiRequest = {}): Promise<t.RoiAnswer> {
    return this.#post("/v1/roi/simulate", request);
  }

  /** How many users and days a campaign's trial needs, and what its control costs. */
  plan(campaign: string, request: t.PlanRequest): Promise<t.PlanAnswer> {
    return this.#post(`/v1/campaigns/${part(campaign)}/plan`, request);
  }

  /** A report of the release, such as `uplift`. */
  report(name: string, of: t.OfCampaign = {}): Promise<t.ReportAnswer> {
    return this.#get(`/v1/reports/${part(name)}`, of);
  }

  /** Experiments on live traffic, with their arms and what they have shown. */
  experiments(): Promise<t.ExperimentsAnswer> {
    return this.#get("/v1/experiments");
  }

  /** The release that answers, what it has, and why it lacks the rest. */
  release(): Promise<t.ReleaseAnswer> {
    return this.#get("/v1/release");
  }

  /** Delete what the API has of a user; with keys this needs one of the scope `admin`. */
  forget(userId: string, once: Once = {}): Promise<t.ForgetAnswer> {
    return this.#exchange.json({ method: "DELETE", path: `/v1/users/${part(userId)}`, ...once });
  }

  /** What is on record of a user, newest first; with keys this needs one of the scope `admin`. */
  history(userId: string, query: t.HistoryQuery = {}): Promise<t.HistoryAnswer> {
    return this.#get(`/v1/users/${part(userId)}/history`, query);
  }

  /** Take a product out of a user's history; with keys this needs one of the scope `admin`. */
  takeOut(userId: string, productId: string, once: Once = {}): Promise<t.TakenOutAnswer> {
    const path = `/v1/users/${part(userId)}/history/${part(productId)}`;
    return this.#exchange.json({ method: "DELETE", path, ...once });
  }

  /** Change a product, or add one; with keys this needs one of the scope `admin`. */
  updateProduct(productId: string, fields: t.ProductFields): Promise<t.ProductsAnswer> {
    return this.#exchange.json({ method: "PATCH", path: `/v1/products/${part(productId)}`, body: fields });
  }

  /** Change up to 1000 products, or add some, all or none; with keys this needs one of the scope `admin`. */
  updateProducts(products: t.ProductPatch[]): Promise<t.ProductsAnswer> {
    return this.#post("/v1/products/batch", { products });
  }

  /** Whether the process runs. */
  live(): Promise<Record<string, string>> {
    return this.#get("/health/live");
  }

  /** Whether the API can answer; one that cannot says why, and that is no error. */
  ready(): Promise<t.Health> {
    return this.#exchange.json({ method: "GET", path: "/health/ready", answersUnready: true });
  }

  /** Metrics in Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#exchange.text({ method: "GET", path: "/metrics" });
  }

  #get<T>(path: string, query: object = {}): Promise<T> {
    return this.#exchange.json({ method: "GET", path, query: { ...query } });
  }

  #post<T>(path: string, body: object, more: Pick<Call, "isRepeatable" | "idempotencyKey"> = {}): Promise<T> {
    return this.#exchange.json({ method: "POST", path, body, ...more });
  }
}

/** A name as one part of an address, also where it holds a slash. */
function part(name: string): string {
  return encodeURIComponent(name);
}

/** A random id; `crypto.randomUUID` is not there on pages without TLS. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
