import { logNamespace } from "../compile/names.ts";
import type { Host } from "../host/host.ts";
import { readJournal } from "../host/journal.ts";
import { printable } from "../value/printable.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Mask } from "./secrets-in-text.ts";

export type LogLine = { time: string; from: "unit" | "systemd"; priority: number; text: string };

const mostLines = 100;
const mostOfALine = 2048;

/**
 * The last lines of a service, oldest first, without its secrets. What it wrote itself is left out when nobody can tell
 * what must not be shown.
 */
export async function readHealLog(
  host: Host,
  app: string,
  unit: UnitName,
  hide: Promise<Mask | null>,
  signal: AbortSignal,
): Promise<{ list: LogLine[]; note: string | null }> {
  const namespace = host.scope === "system" ? logNamespace(app) : null;
  const mask = await hide;
  // What it wrote last may still be on its way into the journal; a journald that hangs does not hold us up.
  if (namespace !== null)
    await host.run(["/usr/bin/journalctl", `--namespace=${namespace}`, "--sync"], { timeout: 500 });
  const entries = readJournal({ scope: host.scope, units: [unit], namespace, lines: mostLines });
  const reader = entries[Symbol.asyncIterator]();
  const stop = (): void => void reader.return?.().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const list: LogLine[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.next();
      if (done || signal.aborted) break;
      const { time, from, priority, message } = value;
      if (from === "unit" && mask === null) continue;
      const text = printable(mask ? mask(message) : message).slice(0, mostOfALine);
      list.push({ time: new Date(time / 1000).toISOString(), from, priority, text });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
  const left = "what the service itself wrote is left out: its secrets could not be read, so not hidden";
  return { list, note: mask === null ? left : null };
}
