/** Names for what calls say and answer, all of them out of the API's description. */

import type { components, operations } from "./description.js";

type Schemas = components["schemas"];
type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

export type BannerOut = Schemas["BannerOut"];
export type BatchAnswer = Schemas["BatchAnswer"];
export type CampaignOut = Schemas["CampaignOut"];
export type CampaignsAnswer = Schemas["CampaignsAnswer"];
export type DecisionAnswer = Schemas["DecisionAnswer"];
export type EventsAnswer = Schemas["EventsAnswer"];
export type ExperimentOut = Schemas["ExperimentOut"];
export type ExperimentsAnswer = Schemas["ExperimentsAnswer"];
export type ForgetAnswer = Schemas["ForgetAnswer"];
export type ForYouAnswer = Schemas["ForYouAnswer"];
export type Health = Schemas["Health"];
export type HistoryAnswer = Schemas["HistoryAnswer"];
export type HistoryItem = Schemas["HistoryItem"];
export type Invalid = Schemas["Invalid"];
export type Item = Schemas["Item"];
export type ListAnswer = Schemas["ListAnswer"];
export type PageAnswer = Schemas["PageAnswer"];
export type Product = Schemas["Product"];
export type ProductsAnswer = Schemas["ProductsAnswer"];
export type ReleaseAnswer = Schemas["ReleaseAnswer"];
export type ReportAnswer = Schemas["ReportAnswer"];
export type RewardAnswer = Schemas["RewardAnswer"];
export type RewardOut = Schemas["RewardOut"];
export type RewardsAnswer = Schemas["RewardsAnswer"];
export type PlanAnswer = Schemas["PlanAnswer"];
export type RoiAnswer = Schemas["RoiAnswer"];
export type ScoreAnswer = Schemas["ScoreAnswer"];
export type SearchAnswer = Schemas["SearchAnswer"];
export type SegmentsAnswer = Schemas["SegmentsAnswer"];
export type SlateAnswer = Schemas["SlateAnswer"];
export type SlateBanner = Schemas["SlateBanner"];
export type SuggestAnswer = Schemas["SuggestAnswer"];
export type TakenOutAnswer = Schemas["TakenOutAnswer"];

export type BannerRequest = Schemas["BannerRequest"];
export type BasketRequest = Schemas["BasketRequest"];
export type DecisionRequest = Schemas["DecisionRequest"];
export type PageRequest = Schemas["PageRequest"];
export type PageSlot = Schemas["PageSlot"];
export type ProductFields = Schemas["ProductFields"];
export type ProductPatch = Schemas["ProductPatch"];
export type RewardRequest = Schemas["RewardRequest"];
export type PlanRequest = Schemas["PlanRequest"];
export type RoiRequest = Schemas["RoiRequest"];
export type SessionRequest = Schemas["SessionRequest"];
export type UserRequest = Schemas["UserRequest"];

export type BatchList = NonNullable<Schemas["BatchRequest"]["list"]>;
export type HistoryQuery = QueryOf<"users_history">;

export type ListQuery = QueryOf<"recommendations_popular">;
export type Export = operations["exports"]["parameters"]["path"]["what"];
export type ExportQuery = QueryOf<"exports">;
/** Which campaign is meant; needed where the shop has several. */
export type OfCampaign = QueryOf<"segments">;
export type CategoryQuery = QueryOf<"recommendations_category">;
export type SearchQuery = Omit<QueryOf<"search">, "q">;

/** What a shopper did; the client makes an `event_id` where there is none. */
export type Event = Omit<Schemas["EventIn"], "event_id"> & { event_id?: string };

/** A user of a segment, with what the best contact is worth: a line of the export, which the description does not tell. */
export interface Member {
  user_id: string;
  uplift: number;
  lower: number;
  upper: number;
  p_control: number;
  p_treated: number;
  expected_net_value: number | null;
  best_arm: string | null;
}
