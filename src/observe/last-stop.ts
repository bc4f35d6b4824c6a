import { readJournal } from "../host/journal.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { describeDuration } from "../value/duration.ts";
import { messageId } from "./message-ids.ts";

/** A unit begins to stop because a job asks it to, has stopped, or ended with a result other than success. */
const { stopping, stopped, failureResult } = messageId;

export type LastStop = { at: string; took: string; timedOut: boolean };

/** The last stop that somebody asked for, as systemd's own messages tell it; null when there was none in the last 90 days. */
export async function readLastStop(
  host: Host,
  _desired: Desired,
  service: DesiredService,
): Promise<LastStop | null> {
  const since = (Date.now() - 90 * 86_400_000) * 1000;
  let began: number | null = null;
  let timedOut = false;
  let last: LastStop | null = null;
  for await (const entry of readJournal({
    scope: host.scope,
    units: [service.unit],
    namespace: null,
    since,
    messageIds: [stopping, stopped, failureResult],
  })) {
    if (entry.messageId === stopping) {
      began = entry.time;
      timedOut = false;
    } else if (entry.messageId === failureResult) timedOut = entry.fields["UNIT_RESULT"] === "timeout";
    else if (began !== null) {
      last = {
        at: new Date(entry.time / 1000).toISOString(),
        took: describeDuration((entry.time - began) / 1000),
        timedOut,
      };
      began = null;
    }
    // A stop that ends in failure has no "stopped" message.
    if (began !== null && timedOut)
      last = {
        at: new Date(entry.time / 1000).toISOString(),
        took: describeDuration((entry.time - began) / 1000),
        timedOut,
      };
  }
  return last;
}
