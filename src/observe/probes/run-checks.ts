import type { CheckRule, LookKind } from "../../compile/watch-rule.ts";
import { inHours } from "../../heal/hours.ts";
import { isOwn } from "../../heal/look-facts.ts";
import type { Kept, Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { notRunning, reading, troubleOf } from "./local-probe.ts";
import type { LineTally } from "./line-tally.ts";
import { probeFor } from "./probe-for.ts";
import type { Probe, ProbeContext } from "./probe.ts";

export type RunOptions = Pick<ProbeContext, "host" | "watch" | "service" | "unit"> & {
  /** The service's checks when not given. */
  checks?: readonly CheckRule[];
  /** What a check returned as `kept` the last time, by its id. */
  kept?: (check: string) => Kept | null;
  tally?: (check: string) => LineTally | null;
  /** Milliseconds since the epoch. */
  clock?: () => number;
  signal?: AbortSignal;
  /** Other probes than the real ones; for tests. */
  probe?: (kind: LookKind) => Promise<Probe>;
};

/** Looks that wait for others do not hold up those that only read here; a child process costs more than a socket. */
const lanes = { network: 64, programs: 4, here: 4 } as const;
type Lane = keyof typeof lanes;

const network: readonly LookKind[] = ["http", "tcp", "tls", "dns", "rpc"];
const programs: readonly LookKind[] = ["exec", "sqlite"];

/** A probe ends by itself at its check's timeout; one that does not is left behind so much later. */
const patience = 1000;

/**
 * Makes each check of a service once, side by side, and returns what was found by the check's id, in their order. Nothing
 * is changed and nothing is thrown: what breaks or does not end is "unknown", with words. Outside of its hours, or when the
 * program that it looks at does not run, a check is "skipped".
 */
export async function runChecks(options: RunOptions): Promise<Map<string, Reading>> {
  const checks = options.checks ?? options.service.checks;
  const found = new Map<string, Reading>();
  await Promise.all(
    Object.keys(lanes).map(async (lane) => {
      const queue = checks.filter(({ look }) => laneOf(look.kind) === lane);
      const width = Math.min(lanes[lane as Lane], queue.length);
      await Promise.all(
        Array.from({ length: width }, async () => {
          for (let check = queue.shift(); check; check = queue.shift())
            found.set(check.id, await runCheck(options, check));
        }),
      );
    }),
  );
  return new Map(checks.map(({ id }) => [id, found.get(id)!]));
}

function laneOf(kind: LookKind): Lane {
  if (network.includes(kind)) return "network";
  return programs.includes(kind) ? "programs" : "here";
}

/** Makes one check once; see runChecks. */
export async function runCheck(options: Omit<RunOptions, "checks">, check: CheckRule): Promise<Reading> {
  const began = performance.now();
  const now = (options.clock ?? Date.now)();
  const found = notNow(options, check, now) ?? (await look(options, check, now));
  return { ...found, took: found.took ?? Math.round(performance.now() - began) };
}

function notNow({ unit }: Pick<RunOptions, "unit">, check: CheckRule, now: number): Reading | null {
  const hours = inHours(check.during, now);
  if (hours.open === false)
    return reading("skipped", `outside of its hours: ${hours.why}`, { dueAt: hours.until });
  if (hours.open === "unknown")
    return reading("unknown", `its hours are not known: ${hours.why}`, { dueAt: hours.until });
  return isOwn(check) ? notRunning({ unit }) : null;
}

async function look(options: Omit<RunOptions, "checks">, check: CheckRule, now: number): Promise<Reading> {
  const { host, watch, service, unit } = options;
  const end = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, end.signal]) : end.signal;
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<Reading>((resolve) => {
    const says = `the look did not end within ${describeDuration(check.timeout)}`;
    timer = setTimeout(() => resolve(reading("unknown", says)), check.timeout + patience);
  });
  try {
    const probe = await (options.probe ?? probeFor)(check.look.kind);
    const kept = options.kept?.(check.id) ?? null;
    const tally = options.tally?.(check.id) ?? null;
    return await Promise.race([probe({ host, watch, service, check, unit, now, kept, tally, signal }), left]);
  } catch (error) {
    return reading("unknown", troubleOf(error));
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}
