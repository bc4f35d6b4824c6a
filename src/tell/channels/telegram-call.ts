import type { Answer, NoAnswer } from "./post.ts";

/** Calls a method of the bot. The token is in the address, which is therefore never shown. */
export type CallTelegram = (
  method: string,
  parameters: object,
  signal: AbortSignal,
) => Promise<Answer | NoAnswer>;
