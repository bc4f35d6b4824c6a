import type { WatchEvent } from "../heal/watch-event.ts";
import type { StoredFinding } from "../store/audit-findings.ts";
import { isWorse, worstOf } from "../value/severity.ts";
import { keyOf } from "./finding.ts";

/** As long as an alert's key is read by people. */
const mostOfAKey = 200;

/**
 * What people are to be told of after an audit, or after somebody has accepted something: findings at error or above that
 * were not there before, or that nobody accepts any more; and what is over. What is of one service is told by itself, and
 * its incident gathers it; all that is of the application, or of the host, is one thing, or each would make an incident of
 * its own. `before` and `after` are the findings on record. Pure.
 */
export function eventsOfAudit(
  before: readonly StoredFinding[],
  after: readonly StoredFinding[],
  now: number,
): WatchEvent[] {
  const told = new Set(before.filter((one) => isTold(one, one.seen)).map(identityOf));
  const bad = after.filter((one) => isTold(one, now));
  const alone = after
    .filter(({ service }) => service !== null)
    .flatMap((one): WatchEvent[] => {
      const tell = isTold(one, now);
      if (tell === told.has(identityOf(one))) return [];
      const check = keyOf(one).slice(0, mostOfAKey);
      return [eventOf(one, tell ? "audit-found" : "audit-over", check, tell ? sayOne(one) : endOf(one), now)];
    });
  const groups = Map.groupBy(
    after.filter(({ service }) => service === null),
    ({ app }) => app,
  );
  const gathered = [...groups.values()].flatMap((group): WatchEvent[] => {
    const open = group.filter((one) => bad.includes(one));
    const [first] = open;
    const over = group.find((one) => told.has(identityOf(one)));
    if (first === undefined)
      return over === undefined ? [] : [eventOf(over, "audit-over", null, endOf(over), now)];
    if (open.every((one) => told.has(identityOf(one)))) return [];
    const severity = worstOf(open.map((one) => one.severity))!;
    return [eventOf({ ...first, severity }, "audit-found", null, sayAll(open), now)];
  });
  return [...alone, ...gathered];
}

function eventOf(
  { app, service, severity }: StoredFinding,
  kind: WatchEvent["kind"],
  check: string | null,
  says: string,
  at: number,
): WatchEvent {
  return { at, app: app ?? "", service, kind, check, says, data: { severity } };
}

function sayOne({ says, id }: StoredFinding): string {
  return `${says} (${id}; its fix: holdfast audit)`;
}

function sayAll(open: readonly StoredFinding[]): string {
  const worst = open.toSorted((a, b) =>
    isWorse(a.severity, b.severity) ? -1 : isWorse(b.severity, a.severity) ? 1 : 0,
  );
  const [first, second] = worst;
  if (second === undefined) return sayOne(first!);
  const more = open.length > 2 ? `, and ${open.length - 2} more` : "";
  return `an audit has found ${open.length} things: ${first!.says}; ${second.says}${more} (see: holdfast audit)`;
}

/** Is it one that people are told of, as it was at a moment? */
function isTold({ severity, gone, accepted }: StoredFinding, at: number): boolean {
  return gone === null && !isWorse("error", severity) && (accepted === null || accepted.until <= at);
}

function endOf({ gone, accepted }: StoredFinding): string {
  if (gone !== null) return "an audit does not find it any more";
  return accepted === null ? "it is less bad than it was" : "it was accepted";
}

function identityOf({ app, id, where }: StoredFinding): string {
  return `${app ?? ""} ${id} ${where}`;
}
