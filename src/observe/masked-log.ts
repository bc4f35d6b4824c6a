import { logNamespace } from "../compile/names.ts";
import type { Host } from "../host/host.ts";
import { readJournal, type JournalQuery } from "../host/journal.ts";
import { printable } from "../value/printable.ts";
import { KeyLines } from "../value/secret-shapes.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Mask } from "./secrets-in-text.ts";

export type LogLine = {
  time: string;
  unit: string | null;
  from: "unit" | "systemd";
  priority: number;
  text: string;
};

/** Why there is nothing of the service's own words. */
export const leftOutNote =
  "what the service itself wrote is left out: its secrets could not be read, so not hidden";

const mostOfALine = 2048;

/** What units wrote and what systemd says of them; user services have no journal of their own. */
export function journalOf(host: Host, app: string, units: readonly UnitName[]): JournalQuery {
  return { scope: host.scope, units, namespace: host.scope === "system" ? logNamespace(app) : null };
}

/** What was written last may still be on its way into the journal; a journald that hangs does not hold us up. */
export async function syncJournal(host: Host, { namespace }: JournalQuery): Promise<void> {
  if (namespace !== null)
    await host.run(["/usr/bin/journalctl", `--namespace=${namespace}`, "--sync"], { timeout: 500 });
}

/**
 * Lines of a journal, oldest first, without secrets, until the signal comes. What a unit wrote itself is left out when
 * nobody can tell what must not be shown: mask null.
 */
export async function readMaskedLog(
  query: JournalQuery,
  mask: Mask | null,
  signal: AbortSignal,
): Promise<LogLine[]> {
  const reader = readJournal(query)[Symbol.asyncIterator]();
  const stop = (): void => void reader.return?.().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const keys = new KeyLines();
  const list: LogLine[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.next();
      if (done || signal.aborted) break;
      const { time, unit, from, priority, message, pid } = value;
      if (from === "unit" && mask === null) continue;
      // Masked before it is cut, so that no part of a secret is left at the end.
      const shown = mask ? mask(keys.take(pid ?? 0, message)) : message;
      const text = printable(shown).slice(0, mostOfALine);
      list.push({ time: new Date(time / 1000).toISOString(), unit, from, priority, text });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
  return list;
}
