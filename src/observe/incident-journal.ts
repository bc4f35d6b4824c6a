import type { Host } from "../host/host.ts";
import type { Incident } from "../tell/incident.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { AppMask } from "./app-mask.ts";
import { lastLines, type EvidenceText } from "./evidence-texts.ts";
import { journalOf, readMaskedLog, syncJournal, type LogLine } from "./masked-log.ts";

const minute = 60_000;
const before = 10 * minute;
/** What was written just after the opening stands with what was before it. */
const after = 5 * minute;
const afterTheEnd = 10 * minute;
/** Of each part; journalctl counts from the end, so that a loud service costs no more than a quiet one. */
const mostLines = 3000;
const mostBytes = 384 * 1024;
const mostMillis = 1500;

/**
 * The journal of units around an incident, masked, from ten minutes before its opening until now or shortly after its end. Of
 * a loud one what was said about the opening and what was said last.
 */
export async function incidentJournal(
  host: Host,
  units: readonly UnitName[],
  { app, opened, resolved }: Incident,
  now: number,
  mask: AppMask | null,
  signal: AbortSignal,
): Promise<EvidenceText> {
  // Without a unit journalctl reads everything.
  if (units.length === 0) throw new Error("none of its units is installed");
  let redactions = 0;
  const counting = (text: string): string => {
    const shown = mask!.redact(text);
    redactions += shown.count;
    return shown.text;
  };
  const query = journalOf(host, app, units);
  await syncJournal(host, query);
  const end = resolved === null ? now : Math.min(now, resolved + afterTheEnd);
  const middle = Math.min(end, opened + after);
  let late = false;
  const read = async (since: number, until: number): Promise<LogLine[]> => {
    // What was read until then is kept: a slow disk is no reason to have nothing.
    const over = AbortSignal.any([signal, AbortSignal.timeout(mostMillis)]);
    const part = { ...query, since: since * 1000, until: until * 1000, lines: mostLines };
    const lines = await readMaskedLog(part, mask === null ? null : counting, over);
    late ||= over.aborted;
    return lines;
  };
  const first = await read(opened - before, middle);
  const last = end > middle ? await read(middle, end) : [];
  const parts = [first, last].map((lines) => {
    const fitted = lastLines(lines.map(describeLine), mostBytes);
    return { lines: fitted.lines, cut: fitted.dropped > 0 || lines.length >= mostLines };
  });
  const left = (part: { cut: boolean }): string[] => (part.cut ? ["... (earlier lines are left out)"] : []);
  const text = parts.flatMap((part) => [...left(part), ...part.lines]).map((line) => `${line}\n`);
  const more = parts.some((part) => part.cut) ? "there are more lines than are kept" : null;
  const cut = late ? "reading it took too long" : more;
  return { name: "journal.txt", text: text.join(""), redactions, cut };
}

function describeLine({ time, unit, from, priority, text }: LogLine): string {
  return `${time} ${unit ?? "-"} ${from === "systemd" ? "systemd " : ""}<${priority}> ${text}`;
}
