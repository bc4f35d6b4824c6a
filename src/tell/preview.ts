import { DatabaseSync } from "node:sqlite";
import { makeTables } from "../store/open-store.ts";
import type { Silence } from "./incident.ts";
import { raise } from "./raise.ts";
import type { Severity } from "../value/severity.ts";
import type { TellFile } from "../compile/tell-rule.ts";
import { tellStore } from "./teller.ts";
import type { Telling } from "./telling.ts";
import { nextTick, tick } from "./tick.ts";

/** What would be told, and when. `at` and `sent` in milliseconds since the epoch; sent is later in quiet hours. */
export type Foreseen = { at: number; sent: number; target: string; says: string };
export type Preview = {
  told: readonly Foreseen[];
  notes: readonly { at: number; says: string }[];
  endsAt: number | null;
};

const mostRounds = 100;
const longest = 14 * 86_400_000;

/**
 * What happens if a service fails now and nobody does anything: the very rules that tell, run ahead on a record in memory.
 * Pure but for that.
 */
export function preview(
  file: TellFile,
  wanted: {
    service: string | null;
    severity: Severity;
    now: number;
    silences: readonly Silence[];
    mayHeal: boolean;
  },
): Preview {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  let made = 0;
  const telling: Telling & { now: number } = {
    store: tellStore(database),
    file,
    now: wanted.now,
    random: () => `preview-${++made}`,
    wake: () => {},
  };
  for (const silence of wanted.silences) telling.store.silences.add(silence);
  const { service, severity, mayHeal } = wanted;
  raise(telling, {
    change: "raise",
    at: telling.now,
    service,
    source: "manual",
    subject: null,
    severity,
    says: "it fails",
    mayHeal,
  });
  const told: Foreseen[] = [];
  arrive(telling, told);
  let endsAt: number | null = null;
  for (let round = 0; round < mostRounds; round++) {
    const next = nextTick(telling);
    if (next === null || next > wanted.now + longest) break;
    // From the first reminder on it goes on like that.
    const [incident] = telling.store.incidents.unresolved(file.app);
    if (incident && incident.due === null && incident.resolveBy === null && incident.remindAt === next) {
      endsAt = next;
      break;
    }
    telling.now = Math.max(telling.now, next);
    arrive(telling, told);
    tick(telling);
    arrive(telling, told);
  }
  arrive({ ...telling, now: Infinity }, told);
  const notes = telling.store.incidents
    .list(file.app)
    .flatMap(({ id }) => telling.store.incidents.timeline(id))
    .filter(({ kind }) => ["held", "skipped", "escalated", "told", "exhausted", "late"].includes(kind))
    .map(({ at, says }) => ({ at, says }));
  database.close();
  return { told: told.toSorted((a, b) => a.at - b.at), notes, endsAt };
}

/** Messages arrive as soon as they may be sent: here nobody waits for one until its time to live has ended. */
function arrive({ store, file, now }: Telling, told: Foreseen[]): void {
  const pending = store.outbox.list(file.app, { status: "pending", limit: 500 }).toReversed();
  for (const { id, created, nextAttempt, target, kind, why } of pending) {
    const sent = Math.max(created, nextAttempt);
    if (sent > now) continue;
    told.push({ at: created, sent, target, says: why === null ? kind : `${kind}, held: ${why}` });
    store.outbox.markSent([id], sent, null);
  }
}
