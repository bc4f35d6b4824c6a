import { join } from "node:path";
import { describeDuration } from "../../value/duration.ts";
import { probeOf, reading, type LookOf } from "./local-probe.ts";
import type { ProbeContext } from "./probe.ts";

/** How long ago the program touched its heartbeat file; from its start until it has done so for the first time. */
export const probeBeat = probeOf("beat", async (context, look) => {
  const { now, unit } = context;
  const path = resolveBeat(look);
  if (path === null) return reading("unknown", "XDG_RUNTIME_DIR is not set: nobody knows where it beats");
  const limit = look.within / 1000;
  const found = await context.host.files.stat(path);
  // A file that is older than this run was touched by the one before. A clock that was set back makes a time to come of it.
  const beat = found === null ? null : Math.min(found.modified, now);
  const since = Math.max(beat ?? -Infinity, unit.activeSince ?? -Infinity);
  if (since === -Infinity) return reading("unknown", "nobody knows since when it runs", { limit });
  const age = now - since;
  const value = Math.round(age / 100) / 10;
  const says = beat === since ? `its last heartbeat was ${ago(age)} ago` : noneYet(context, age);
  if (age >= look.within) return reading("fail", `${says}, over ${ago(look.within)}`, { value, limit });
  return reading("ok", says, { value, limit, dueAt: Math.ceil(since + look.within) });
});

function noneYet({ unit }: ProbeContext, age: number): string {
  return `no heartbeat since ${unit.activeSince === null ? "it runs" : "its start"} ${ago(age)} ago`;
}

const ago = (millis: number): string => describeDuration(Math.floor(millis));

/** The file of a user's service is below his run-time directory, which only he knows; null when he does not. */
function resolveBeat(look: LookOf<"beat">): string | null {
  if (!look.path.startsWith("%t/")) return look.path;
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime ? join(runtime, look.path.slice(3)) : null;
}
