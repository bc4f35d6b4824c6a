import type { WatchFile } from "../../compile/watch-rule.ts";
import type { JournalEntry } from "../../host/journal-entry.ts";
import { readJournal } from "../../host/journal.ts";
import type { UnitName } from "../../value/unit-name.ts";
import type { LineTally } from "./line-tally.ts";

export type TallyWanted = {
  unit: UnitName;
  tally: LineTally;
  /** Since when the service runs; nothing before it matters. */
  since: number | null;
};

/** The reader is started anew for the rest when it has met so many lines that nobody waits for any more. */
const patience = 2000;

/**
 * Fills new tallies with what the units themselves have written, from the journal, the newest lines first: a service that
 * writes as it should costs one line. One journalctl for all of them, so for a whole application call it once. `now` in
 * milliseconds. When `signal` ends it early, `seenFrom` of a tally says how far back it knows. Throws what readJournal does.
 */
export async function fillTallies(
  watch: Pick<WatchFile, "scope" | "namespace">,
  wanted: readonly TallyWanted[],
  now: number,
  signal: AbortSignal,
): Promise<void> {
  let waiting = wanted.map((one) => new Filling(one, now));
  let until = now;
  while (!signal.aborted && (waiting = waiting.filter(({ settled }) => !settled)).length > 0)
    until = await readBack(watch, waiting, until, signal);
  for (const filling of waiting) filling.finish(until);
}

/** Returns how far back it has read. */
async function readBack(
  watch: Pick<WatchFile, "scope" | "namespace">,
  waiting: readonly Filling[],
  until: number,
  signal: AbortSignal,
): Promise<number> {
  const levels = waiting.map(({ level }) => level);
  const reaches = waiting.map(({ from }) => from);
  const entries = readJournal({
    ...watch,
    units: [...new Set(waiting.map(({ unit }) => unit))],
    since: Math.min(...reaches) * 1000,
    until: until * 1000,
    ...(levels.every((level) => level < 7) ? { priority: Math.max(...levels) } : {}),
    reverse: true,
  })[Symbol.asyncIterator]();
  const stop = (): void => void entries.return?.();
  signal.addEventListener("abort", stop);
  let back = until;
  let idle = 0;
  try {
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
      if (signal.aborted) return back;
      back = next.value.time / 1000;
      // All are asked: two checks may look at one unit.
      const taken = waiting.filter((filling) => filling.take(next.value)).length;
      idle = taken > 0 ? 0 : idle + 1;
      const someDone = waiting.some(({ settled }) => settled);
      if (waiting.every(({ settled }) => settled) || (someDone && idle > patience)) return back;
    }
    if (!signal.aborted) for (const filling of waiting) filling.finish(filling.from);
    return back;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** One tally while lines come in from the newest to the oldest. */
class Filling {
  readonly unit: UnitName;
  readonly level: number;
  /** Nothing older than this matters, in milliseconds. */
  readonly from: number;
  settled = false;
  readonly #now: number;
  /** Older lines are not counted; only the newest of them matters. */
  readonly #countFrom: number;
  readonly #tally: LineTally;
  readonly #lines: [time: number, count: number][] = [];

  constructor({ unit, tally, since }: TallyWanted, now: number) {
    const { atLeast, atMost, fresh, match } = tally.rule;
    this.unit = unit;
    this.level = tally.level;
    this.#tally = tally;
    this.#now = now;
    // A little more, for whoever allows for lines that arrive late.
    const reaching = (reach: number): number => Math.max(now - reach - 1000, since ?? -Infinity);
    const counted = Math.max(atLeast?.window ?? 0, atMost?.window ?? 0);
    this.#countFrom = atLeast || atMost ? reaching(counted) : Infinity;
    // How old a line is that is too old, is good to know: as long as it has not to be looked for among many others.
    this.from = reaching(Math.max(counted, (fresh ?? 0) * (match === null ? 100 : 4)));
  }

  /** Did it want this line? */
  take({ from, unit, time, message, priority }: JournalEntry): boolean {
    if (this.settled || unit !== this.unit || from !== "unit") return false;
    const at = time / 1000;
    const done = at < this.from || (this.#lines.length > 0 && at < this.#countFrom);
    if (done) this.finish(this.from);
    else if (this.#tally.counts(message, priority)) this.#note(at);
    return !done;
  }

  /** All lines after `seenFrom` are known. */
  finish(seenFrom: number): void {
    if (this.settled) return;
    this.settled = true;
    for (const [time, count] of this.#lines.toReversed()) this.#tally.addMatches(time, count);
    this.#tally.seenFrom = seenFrom;
  }

  /** The newest keep their own times; of the others, those within a 64th of their age are one with their number. */
  #note(at: number): void {
    const last = this.#lines.at(-1);
    if (last && this.#lines.length > 64 && last[0] - at < (this.#now - at) / 64) last[1]++;
    else this.#lines.push([at, 1]);
    if (this.#countFrom === Infinity) this.finish(this.from);
  }
}
