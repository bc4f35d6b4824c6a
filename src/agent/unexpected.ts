import { HoldfastError } from "../report/diagnostic.ts";
import type { Say } from "./say.ts";

/** A mistake of ours in one service must not end the watching of the others; it is told with what is needed to find it. */
export function guarded(say: Say, work: () => void): void {
  try {
    work();
  } catch (error) {
    tellUnexpected(say, error, null);
  }
}

export function tellUnexpected(say: Say, error: unknown, where: string | null): void {
  const at = where === null ? "" : `${where}: `;
  if (error instanceof HoldfastError) return say(3, `${at}${error.message}`);
  // What the system refuses has a code and is no mistake of ours.
  if (error instanceof Error && "code" in error) return say(3, `${at}${error.message}`);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(3, `${at}an unexpected error, which is a bug in holdfast: ${text}`);
}
