import type { ExportedLine } from "../host/journal-export.ts";
import type { Scope } from "../host/host.ts";
import { fillTallies } from "../observe/probes/fill-tallies.ts";
import { LineTally } from "../observe/probes/line-tally.ts";
import { LogFollower } from "./log-follower.ts";
import type { Say } from "./say.ts";
import type { Watched } from "./watched.ts";

/** So long may reading back take before the follower begins; what was not read is not known then, and said to be unknown. */
const longestFill = 5000;

type Counting = { tally: LineTally; /** Lines up to then are in it already. */ from: number };

/** Keeps the tallies of all log checks by one follower of the journal. */
export class Tallies {
  readonly #scope: Scope;
  readonly #now: () => number;
  readonly #say: Say;
  readonly #follower: LogFollower;
  #byUnit = new Map<string, Counting[]>();
  #work: Promise<void> = Promise.resolve();

  constructor(scope: Scope, now: () => number, say: Say) {
    this.#scope = scope;
    this.#now = now;
    this.#say = say;
    this.#follower = new LogFollower({ scope, now, say, line: (line) => this.#line(line) });
  }

  /** Why what was counted is not all there is; null when it is. */
  get trouble(): string | null {
    return this.#follower.trouble;
  }

  /** Makes tallies for the log checks of these services and follows what is needed for them. */
  follow(watched: readonly Watched[]): Promise<void> {
    this.#work = this.#work.then(() => this.#follow(watched));
    return this.#work;
  }

  async #follow(watched: readonly Watched[]): Promise<void> {
    const now = this.#now();
    const byUnit = new Map<string, Counting[]>();
    const fresh: { of: Watched; tally: LineTally }[] = [];
    for (const of of watched)
      for (const { id, look } of of.rule.checks) {
        if (look.kind !== "log") continue;
        let tally = of.tallies.get(id);
        if (!tally) {
          tally = this.#make(of, id, look, now);
          if (!tally) continue;
          fresh.push({ of, tally });
        }
        const known = (this.#byUnit.get(of.rule.unit) ?? []).find((counting) => counting.tally === tally);
        const counting = known ?? { tally, from: now };
        byUnit.set(of.rule.unit, [...(byUnit.get(of.rule.unit) ?? []), counting]);
      }
    // Known ones go on counting while the past of new ones is read.
    this.#byUnit = new Map(
      [...byUnit].map(([unit, all]) => [
        unit,
        all.filter(({ tally }) => !fresh.some((one) => one.tally === tally)),
      ]),
    );
    await this.#fill(fresh, now);
    const units = new Set(byUnit.keys());
    const same = fresh.length === 0 && [...units].every((unit) => this.#byUnit.has(unit));
    this.#byUnit = byUnit;
    if (same) return;
    // What has counted until now must not count the same lines again, nor miss one.
    const read = this.#follower.readUntil;
    const isFresh = new Set(fresh.map(({ tally }) => tally));
    for (const counting of [...byUnit.values()].flat())
      if (!isFresh.has(counting.tally)) counting.from = Math.max(counting.from, read);
    this.#follower.follow(units, read === 0 ? now : fresh.length === 0 ? read : Math.min(read, now));
  }

  /** The clock was set by so much: what was counted moves with it. */
  shift(millis: number): void {
    for (const all of this.#byUnit.values()) for (const { tally } of all) tally.shift(millis);
    this.#follower.shift(millis);
  }

  /** It was found to have missed something. */
  restart(): void {
    this.#follower.restart();
  }

  close(): void {
    this.#follower.close();
  }

  #make(
    of: Watched,
    id: string,
    look: ConstructorParameters<typeof LineTally>[0],
    now: number,
  ): LineTally | undefined {
    try {
      const tally = new LineTally(look, { seenFrom: now });
      of.tallies.set(id, tally);
      return tally;
    } catch (error) {
      this.#say(3, `${of.name}: ${id} cannot be counted: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #fill(fresh: readonly { of: Watched; tally: LineTally }[], now: number): Promise<void> {
    const byApp = Map.groupBy(fresh, ({ of }) => of.app);
    const signal = AbortSignal.timeout(longestFill);
    await Promise.all(
      [...byApp.values()].map(async (all) => {
        const wanted = all.map(({ of, tally }) => ({
          unit: of.rule.unit,
          tally,
          since: of.state.unit.activeSince,
        }));
        try {
          await fillTallies(
            { scope: this.#scope, namespace: all[0]!.of.file.namespace },
            wanted,
            now,
            signal,
          );
        } catch (error) {
          this.#say(4, `${all[0]!.of.app}: the journal could not be read back: ${(error as Error).message}`);
        }
      }),
    );
  }

  #line({ unit, time, priority, message }: ExportedLine): void {
    for (const { tally, from } of this.#byUnit.get(unit) ?? [])
      if (time > from) tally.add(time, message, priority);
  }
}
