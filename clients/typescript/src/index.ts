/** Typed client of the Upshelf API: `new Client("https://upshelf.example").similar("P0001", { limit: 4 })`. */

export { Client } from "./client.js";
export { ProblemError, UnreachableError, UnreadableError, UpshelfError } from "./errors.js";
export type { Options } from "./exchange.js";
export type * from "./types.js";
