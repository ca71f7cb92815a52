/** Sending: the key, the time a call may take, and when it is made again. */

import { ProblemError, UnreachableError, UnreadableError, UpshelfError } from "./errors.js";

/** Where the API is and how to ask it. */
export interface Options {
  /** The API key; in Node the environment's `UPSHELF_API_KEY` where it is left out. */
  key?: string;
  /** How long to wait for an answer, and for each part of one that is streamed. */
  timeoutSeconds?: number;
  /** How often a call is made again that the API was too busy for (429, 503). */
  retries?: number;
  /** A call that is to wait longer than this before it is made again fails instead. */
  longestWaitSeconds?: number;
}

/** For a write that is to be done once, however often it is sent. */
export interface Once {
  /** A key of this write's own, such as a UUID. */
  idempotencyKey?: string;
}

/** One operation, ready to be sent. */
export interface Call extends Once {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, unknown>;
  body?: unknown;
  /** Whether sending it twice is the same as once; so by default. */
  isRepeatable?: boolean;
  /** Whether a 503 is an answer too. */
  answersUnready?: boolean;
}

/** Sends calls to one address. */
export class Exchange {
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #options: Required<Omit<Options, "key">>;

  constructor(address: string, { key = keyOfEnvironment(), ...rest }: Options) {
    this.#address = address.replace(/\/+$/, "");
    if (!/^[\x21-\x7e]*$/.test(key)) throw new TypeError("The key has blanks or characters that no key of the API has.");
    this.#headers = key ? { authorization: `Bearer ${key}` } : {};
    this.#options = { timeoutSeconds: 10, retries: 3, longestWaitSeconds: 30, ...rest };
  }

  /** The answer as JSON. */
  json<T>(call: Call): Promise<T> {
    return this.#read(call, async (response) => parsed<T>(call, await response.text()));
  }

  /** The answer as text. */
  text(call: Call): Promise<string> {
    return this.#read(call, (response) => response.text());
  }

  /** The lines of an answer, each parsed as it arrives. */
  async *lines<T>(call: Call): AsyncGenerator<T, void, undefined> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const part of this.parts(call)) {
      const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line) yield parsed<T>(call, line);
    }
    const last = rest + decoder.decode();
    if (last) yield parsed<T>(call, last);
  }

  /** The bytes of an answer, part by part as they arrive. */
  async *parts(call: Call): AsyncGenerator<Uint8Array, void, undefined> {
    const clock = new Clock(this.#options.timeoutSeconds);
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await this.#opened(call, clock);
      reader = (response.body ?? new Blob([]).stream()).getReader();
      for (;;) {
        clock.start();
        const { done, value } = await reached(call, reader.read());
        clock.stop();
        if (done) return;
        yield value;
      }
    } finally {
      clock.stop();
      await reader?.cancel().catch(() => undefined); // it has ended, or failed with what is thrown already
    }
  }

  async #read<T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const clock = new Clock(this.#options.timeoutSeconds);
    try {
      return await reached(call, read(await this.#opened(call, clock)));
    } finally {
      clock.stop();
    }
  }

  /** The response of a call, from when it is an answer; the clock runs on for its body. */
  async #opened(call: Call, clock: Clock): Promise<Response> {
    const hasBody = call.body !== undefined;
    for (let tried = 0; ; tried++) {
      clock.start();
      const request = fetch(this.#address + call.path + queryText(call.query), {
        method: call.method,
        headers: {
          ...this.#headers,
          ...(hasBody && { "content-type": "application/json" }),
          ...(call.idempotencyKey !== undefined && { "idempotency-key": call.idempotencyKey }),
        },
        signal: clock.signal,
        ...(hasBody && { body: JSON.stringify(call.body) }),
      });
      const response = await reached(call, request);
      if (response.ok || (call.answersUnready && response.status === 503)) return response;
      const problem = await reached(call, ProblemError.of(response));
      clock.stop();
      const wait = this.#waitSeconds(call, problem, tried);
      if (wait === undefined) throw problem;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }

  /**
   * How long to wait before the next try; undefined if there is to be none. What is refused for its rate (429) has not
   * been looked at, so any call may be made again; one refused with 503, only where twice is the same as once. One whose
   * first is under way is asked for its answer.
   */
  #waitSeconds(call: Call, problem: ProblemError, tried: number): number | undefined {
    const isRepeatable = call.isRepeatable !== false || call.idempotencyKey !== undefined;
    const isUnderWay = problem.kind === "idempotency-key-in-use";
    const maySend = problem.status === 429 || (problem.status === 503 && isRepeatable) || isUnderWay;
    const wait = problem.retryAfterSeconds ?? 1;
    return maySend && tried < this.#options.retries && wait <= this.#options.longestWaitSeconds ? wait : undefined;
  }
}

/** Aborts what takes longer than it may. */
class Clock {
  readonly #controller = new AbortController();
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on. */
  start(): void {
    this.stop();
    const late = new DOMException(`no answer within ${this.#seconds} s`, "TimeoutError");
    this.#timer = setTimeout(() => this.#controller.abort(late), this.#seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** What is awaited from the network; its failure becomes an error of ours, without the request and its key. */
async function reached<T>(call: Call, pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof UpshelfError) throw error;
    throw new UnreachableError(`${call.method} ${call.path}: ${String(error)}`, { cause: error });
  }
}

function parsed<T>(call: Call, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UnreadableError(`What came to ${call.method} ${call.path} is no answer of this API.`);
  }
}

/** A query as it stands in an address: lists as repeated parameters, what is null or undefined left out. */
function queryText(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (one === undefined || one === null ? [] : [[name, String(one)]])),
  );
  return pairs.length ? `?${new URLSearchParams(pairs).toString()}` : "";
}

function keyOfEnvironment(): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.["UPSHELF_API_KEY"] ?? "";
}
