import { eventsOfAudit } from "../audit/tell.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { StoredFinding } from "../store/audit-findings.ts";
import { parseDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import type { Session } from "./session.ts";

export type AcceptOptions = { app?: string; where?: string; why: string; until: string };

const year = 366 * 86_400_000;

/** holdfast audit accept: a finding that is meant to be so, with the reason and a day on which it is looked at again. */
export async function runAccept(session: Session, id: string, options: AcceptOptions): Promise<number> {
  const now = Date.now();
  const until = readUntil(options.until, now);
  const why = options.why.trim();
  if (why === "") throw usage("usage/no-reason", "Cannot accept a finding without a reason", '--why "..."');
  await session.assertMayChange("accept a finding", "audit accept");
  const { audits, records, watch } = session.writableRecord();
  const one = choose(
    audits.list().filter(({ gone }) => gone === null),
    id.startsWith("audit/") ? id : `audit/${id}`,
    options,
  );
  audits.accept(one, { why, by: session.who, at: now, until }, (earlier, later) => {
    for (const event of eventsOfAudit(earlier, later, now)) watch.addEvent(event);
  });
  const day = new Date(until).toISOString().slice(0, 10);
  records.audit({
    at: new Date(now).toISOString(),
    who: session.who,
    app: one.app ?? "",
    unit: null,
    action: `accept ${one.id} ${one.where}`,
    why,
    result: `until ${day}`,
  });
  session.out.result(
    { accepted: { app: one.app, id: one.id, where: one.where, why, by: session.who, until } },
    `Accepted until ${day}: ${printable(one.says)}`,
  );
  return exitCode.done;
}

function choose(open: readonly StoredFinding[], id: string, { app, where }: AcceptOptions): StoredFinding {
  const found = open.filter(
    (one) =>
      one.id === id && (where === undefined || one.where === where) && (app === undefined || one.app === app),
  );
  const [only] = found;
  if (found.length === 1) return only!;
  if (found.length === 0)
    throw usage(
      "usage/unknown-finding",
      `Cannot find an open finding ${id}${where === undefined ? "" : ` at ${where}`}`,
      "see what is open, by the last audit: holdfast audit --json",
    );
  throw usage(
    "usage/ambiguous",
    `Cannot tell which ${id} is meant: ${found.map((one) => printable(one.where)).join(", ")}`,
    `--where ${JSON.stringify(only!.where)}${new Set(found.map((one) => one.where)).size < found.length ? ` --app ${only!.app ?? ""}` : ""}`,
  );
}

/** A date, or a span from now; not more than a year, so that it is looked at again. */
function readUntil(text: string, now: number): number {
  const span = parseDuration(text);
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : Number.NaN;
  const until = Number.isNaN(date) ? (span.ok ? now + span.value : Number.NaN) : date;
  if (Number.isNaN(until) || until <= now)
    throw usage(
      "usage/bad-until",
      `Cannot accept until "${text}": it is no day or span to come`,
      "--until 90d, or --until 2027-03-31",
    );
  if (until > now + year)
    throw usage(
      "usage/bad-until",
      `Cannot accept until "${text}": that is more than a year away`,
      "--until 180d",
    );
  return until;
}

function usage(code: string, summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code, summary, fix }, exitCode.usage);
}
