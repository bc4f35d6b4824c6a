import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseDuration } from "../value/duration.ts";

/** A span of time that was typed, such as 4h, in milliseconds. `option` is how it is typed again. */
export function readSpan(written: string, option: string): number {
  const span = parseDuration(written);
  if (span.ok && Number.isFinite(span.value) && span.value > 0) return span.value;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-time",
      summary: `Cannot read "${written}" as a span of time`,
      fix: `${option} 4h`,
    },
    exitCode.usage,
  );
}

/** What has to be said by whoever does this; the next one wants to know. */
export function needReason(why: string | undefined, what: string, fix: string): string {
  if (why !== undefined && why.trim() !== "") return why.trim();
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/reason-needed",
      summary: `Cannot ${what} without a reason`,
      detail: "it is recorded for whoever looks next",
      fix,
    },
    exitCode.usage,
  );
}
