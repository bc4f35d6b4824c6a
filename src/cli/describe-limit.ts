import type { Look } from "../compile/watch-rule.ts";
import type { AskedCheck } from "../observe/ask-health.ts";
import { describeDuration } from "../value/duration.ts";
import { describeSize } from "../value/size.ts";

/** The limit that it was held against, unless the sentence has it. */
export function heldAgainst({ reading, rule: { look } }: AskedCheck): string {
  const { limit, says, result } = reading;
  if (typeof limit !== "number" || result !== "ok") return "";
  const words = limitWords(look, limit);
  return words === null || says.includes(words) ? "" : ` (limit ${words})`;
}

/** Limits are in seconds, bytes, percent or counts; statuses and the like are no limits. */
function limitWords(look: Look, limit: number): string | null {
  switch (look.kind) {
    case "beat":
    case "rpc":
    case "tls":
    case "clock":
      return describeDuration(limit * 1000);
    case "log":
    case "file": {
      if (look.fresh !== null && limit === look.fresh / 1000) return describeDuration(look.fresh);
      const rule = [look.atLeast, look.atMost].find((one) => one?.count === limit);
      return rule ? `${limit} within ${describeDuration(rule.window)}` : String(limit);
    }
    case "memory":
    case "disk":
    case "sqlite":
      return describeSize(limit);
    case "cpu":
      return `${limit}%`;
    case "sockets":
      return String(limit);
    default:
      return null;
  }
}
