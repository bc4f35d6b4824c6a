import type { Host } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import { journalOf, leftOutNote, readMaskedLog, syncJournal, type LogLine } from "./masked-log.ts";
import type { Mask } from "./secrets-in-text.ts";

const mostLines = 100;

/** The last lines of a service, oldest first, without its secrets. */
export async function readHealLog(
  host: Host,
  app: string,
  unit: UnitName,
  hide: Promise<Mask | null>,
  signal: AbortSignal,
): Promise<{ list: Omit<LogLine, "unit">[]; note: string | null }> {
  const mask = await hide;
  const query = journalOf(host, app, [unit]);
  await syncJournal(host, query);
  const lines = await readMaskedLog({ ...query, lines: mostLines }, mask, signal);
  const list = lines.map(({ time, from, priority, text }) => ({ time, from, priority, text }));
  return { list, note: mask === null ? leftOutNote : null };
}
