import type { CheckRule, WatchFile, WatchRule } from "../compile/watch-rule.ts";
import type { CheckState } from "../heal/check-state.ts";
import { fingerprint, keepKnown } from "../heal/keep-known.ts";
import { closedBreaker, unknownFacts, type PastHeal, type ServiceState } from "../heal/service-state.ts";
import type { StepEvent } from "../heal/step-event.ts";
import type { LineTally } from "../observe/probes/line-tally.ts";
import type { UnitMark, WatchRecord } from "../store/watch.ts";
import type { HealRow } from "../heal/heal-row.ts";

/** systemd says "failed" for a moment before it says that it will restart: only what lasts longer, in milliseconds, is told from that. */
export const passing = 300;

/** One check of one service: what the queue holds. */
export type Slot = { readonly of: Watched; readonly check: CheckRule };

/** One service as it is held in memory while it is watched. */
export class Watched {
  readonly app: string;
  readonly file: Pick<WatchFile, "app" | "scope" | "namespace">;
  rule: WatchRule;
  state: ServiceState;
  /** The heal that has not ended, whoever began it. */
  heal: HealRow | null = null;
  mark: UnitMark | null = null;
  /** Why it last ended, in words: systemd forgets it with the next start. */
  lastEnd: string | null = null;
  /** What it ended for is being looked at. */
  explaining = false;
  /** Heals that could not be recorded: counted for as long as we live. */
  unrecorded: readonly PastHeal[] = [];
  /** Since when its unit is down, by the steady clock; null while it is not. */
  downSince: number | null = null;
  /** What was decided came to nothing: until then (by the steady clock) it is not tried again. */
  waitUntil = 0;
  /** How often that was so in a row. */
  inVain = 0;
  /** A decision about it is being carried out. */
  acting = false;
  slots: readonly Slot[];
  /** Checks that are being looked at. */
  readonly looking = new Set<string>();
  /** Checks whose state in the record is older than in memory. */
  readonly unsaved = new Set<string>();
  /** What the followed journal has told, by check. */
  readonly tallies = new Map<string, LineTally>();

  constructor(file: WatchFile, rule: WatchRule) {
    this.app = file.app;
    this.file = { app: file.app, scope: file.scope, namespace: file.namespace };
    this.rule = rule;
    this.slots = rule.checks.map((check) => ({ of: this, check }));
    this.state = {
      unit: unknownFacts,
      checks: {},
      breaker: closedBreaker(0),
      heals: [],
      crashes: [],
      circumstances: { stoppedBy: null, changing: false, paused: null, clockSetAt: null },
    };
  }

  get name(): string {
    return `${this.app}/${this.rule.service}`;
  }

  /** Its unit is down, and may only be on its way up again. */
  isPassing(steady: number): boolean {
    return this.downSince !== null && steady - this.downSince < passing;
  }

  slot(check: string): Slot | null {
    return this.slots.find((slot) => slot.check.id === check) ?? null;
  }

  /** Other rules. Returns what ends with the old ones. */
  follow(rule: WatchRule, now: number): readonly StepEvent[] {
    const { checks, ended } = keepKnown(rule, this.state.checks, now);
    const before = new Map(this.rule.checks.map(({ id, look }) => [id, fingerprint(look)]));
    const same = rule.checks.filter(({ id, look }) => before.get(id) === fingerprint(look));
    for (const id of this.tallies.keys()) if (!same.some((check) => check.id === id)) this.tallies.delete(id);
    this.rule = rule;
    this.slots = rule.checks.map((check) => ({ of: this, check }));
    this.state = { ...this.state, checks };
    return ended;
  }

  /** What the record knows of it: all that decisions go by, so that whoever was killed decides the same. Returns what has ended. */
  load(record: WatchRecord, now: number): readonly StepEvent[] {
    const { app, rule } = this;
    const { checks, ended } = keepKnown(rule, record.checkStates(app, rule.service), now);
    this.mark = record.mark(rule.unit);
    this.state = { ...this.state, checks };
    this.refresh(record, now);
    return ended;
  }

  /** What others may have changed: heals, breaker, restarts on record. */
  refresh(record: WatchRecord, now: number): void {
    const { app, rule } = this;
    const { limit, crashes, resetAfter } = rule.heal;
    const rows = record.heals.since(app, rule.service, now - Math.max(limit.window, longestHeal));
    this.heal = rows.findLast(({ finished }) => finished === null) ?? null;
    this.state = {
      ...this.state,
      breaker: record.breakers.get(rule.unit) ?? closedBreaker(0),
      heals: [...rows.flatMap(pastHeal), ...this.unrecorded].toSorted((a, b) => a.at - b.at),
      crashes: record.crashesSince(
        app,
        rule.service,
        now - Math.max(crashes.window, resetAfter ?? 0),
        crashes.count + 1,
      ),
    };
  }
}

/** A heal that is open for longer is one that nobody carries out any more. */
const longestHeal = 24 * 3_600_000;

/** One that was left undone has changed nothing. */
function pastHeal({ at, cause, outcome, counts }: HealRow): PastHeal[] {
  return outcome === "superseded" ? [] : [{ at, cause, outcome: outcome ?? "open", counts }];
}

/** Is the difference worth a write? A good result after good ones is not. */
export function isNews(before: CheckState | undefined, after: CheckState): boolean {
  if (before === undefined) return after.verdict !== "pending";
  return (
    before.verdict !== after.verdict ||
    before.flapping !== after.flapping ||
    before.opened.length !== after.opened.length ||
    before.steadySince !== after.steadySince ||
    (before.unknownSince === null) !== (after.unknownSince === null) ||
    (after.verdict !== "ok" && (before.okSince === null) !== (after.okSince === null)) ||
    badOnes(before) !== badOnes(after)
  );
}

/** A window that is full of failures does not change any more, either. */
function badOnes({ window }: CheckState): string {
  const bad = window.filter((result) => result !== "ok").length;
  return bad === 0 ? "" : `${bad} ${window.at(-1)}`;
}
