/** What a call may end in besides its answer. No error holds the key. */

import type { Invalid } from "./types.js";

/** Any failure of a call. */
export class UpshelfError extends Error {
  override name = "UpshelfError";
}

/** No answer came, or not in time; whether the API has seen the call is not known. */
export class UnreachableError extends UpshelfError {
  override name = "UnreachableError";
}

/** An answer came that is none of this API's, such as a page of another program at the address. */
export class UnreadableError extends UpshelfError {
  override name = "UnreadableError";
}

/** The API answered that it cannot: a problem document (RFC 9457). */
export class ProblemError extends UpshelfError {
  override name = "ProblemError";

  constructor(
    /** HTTP status, such as 404. */
    readonly status: number,
    /** Stable word for what is wrong, such as `unknown-product`; empty where the answer is no problem document. */
    readonly kind: string,
    /** What is wrong and what to do. */
    readonly detail: string,
    /** The inputs that break a rule. */
    readonly invalid: readonly Invalid[],
    /** What finds the request in the API's log. */
    readonly requestId: string,
    /** When it makes sense to ask again; undefined where the API does not say. */
    readonly retryAfterSeconds: number | undefined,
  ) {
    const broken = invalid.map((one) => ` ${one.where}: ${one.rule}.`).join("");
    super(`${status} ${kind || "error"}: ${detail}${broken} (request ${requestId || "unknown"})`);
  }

  /** The error that a response is. */
  static async of(response: Response): Promise<ProblemError> {
    let document: { type?: unknown; detail?: unknown; invalid?: unknown; request_id?: unknown } = {};
    try {
      const found: unknown = JSON.parse(await response.text());
      document = found !== null && typeof found === "object" ? found : {};
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error; // it was cut short
    }
    const retry = response.headers.get("retry-after") ?? "";
    return new ProblemError(
      response.status,
      String(document.type ?? "").replace("/problems/", ""),
      String(document.detail ?? response.statusText),
      Array.isArray(document.invalid) ? (document.invalid as Invalid[]) : [],
      String(document.request_id ?? response.headers.get("x-request-id") ?? ""),
      /^\d+$/.test(retry) ? Number(retry) : undefined,
    );
  }
}
