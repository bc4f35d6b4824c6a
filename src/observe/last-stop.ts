import { readJournal } from "../host/journal.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { describeDuration } from "../value/duration.ts";

/** SD_MESSAGE_UNIT_STOPPING: a unit begins to stop because a job asks it to. */
export const stoppingMessage = "de5b426a63be47a7b6ac3eaac82e2f6f";

/** From sd-messages.h of systemd: a unit begins to stop, has stopped, or ended with a result other than success. */
const messages = {
  stopping: stoppingMessage,
  stopped: "9d1aaa27d60140bd96365438aad20286",
  result: "d9b373ed55a64feb8242e02dbe79a49c",
};

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
    messageIds: Object.values(messages),
  })) {
    if (entry.messageId === messages.stopping) {
      began = entry.time;
      timedOut = false;
    } else if (entry.messageId === messages.result) timedOut = entry.fields["UNIT_RESULT"] === "timeout";
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
