import { decide } from "../heal/decide.ts";
import { nextDecisionAt } from "../heal/due.ts";
import { act, carryOut, prove, type ActContext } from "./acts.ts";
import type { Situation } from "./situation.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { longestSleep, type Timetable } from "./timetable.ts";
import { guarded, tellUnexpected } from "./unexpected.ts";
import { passing, type Slot, type Watched } from "./watched.ts";

export type DecisionsOptions = {
  context: ActContext;
  clock: SteadyClock;
  situation: Situation;
  timetable: Timetable<Slot | Watched>;
  isWatched: (of: Watched) => boolean;
  /** What others have written is to be known before anything is decided. */
  readOthers: () => void;
  /** These checks are to be asked before it is decided. */
  lookAgain: (of: Watched, checks: readonly string[]) => void;
  /** Something was done to a service. */
  acted: (of: Watched) => void;
};

/** Decides about services, has done what is decided, and says when to decide again. */
export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  settle(of: Watched): void {
    const { context, clock, situation, timetable, isWatched, readOthers, lookAgain } = this.#options;
    if (of.acting || of.state.unit.active === "unknown" || !isWatched(of)) return;
    const wait = of.isPassing(clock.steady()) ? passing : of.waitUntil - clock.steady();
    if (wait > 0) return timetable.set(of, wait);
    readOthers();
    situation.describe(of);
    let proofDue: number | null = null;
    if (of.heal?.step === "prove") {
      proofDue = prove(context, of, of.heal);
      if (proofDue === null) situation.refresh(of);
    }
    const now = clock.now();
    const decision = decide(of.rule, of.state, now);
    if (decision.kind === "look-again") lookAgain(of, decision.checks);
    else if (decision.kind !== "nothing") this.#carrying(of, () => act(context, of, decision));
    const due = nextDecisionAt(of.rule, of.state, now);
    const next = Math.min(due ?? Infinity, proofDue ?? Infinity);
    if (next === Infinity) timetable.delete(of);
    else timetable.set(of, Math.min(next - now, longestSleep * 60));
  }

  /** A heal that was under way when whoever watched was killed goes on. */
  goOn(of: Watched): void {
    if (of.heal === null || of.heal.step === "prove") return;
    const { id } = of.heal;
    this.#carrying(of, () => carryOut(this.#options.context, of, id));
  }

  #carrying(of: Watched, work: () => Promise<void>): void {
    const { context, situation, acted } = this.#options;
    of.acting = true;
    situation.refresh(of);
    void work()
      .then(
        () => this.#cameTo(of, this.#isOfNoUse(of)),
        (error: unknown) => {
          tellUnexpected(context.say, error, of.name);
          this.#cameTo(of, true);
        },
      )
      .finally(() => {
        of.acting = false;
        guarded(context.say, () => {
          situation.refresh(of);
          acted(of);
        });
      });
  }

  /** Left undone, because somebody else was at it or because it could not be done at all. */
  #isOfNoUse(of: Watched): boolean {
    const { context, clock } = this.#options;
    const since = clock.now() - longestSleep;
    const rows = context.memory.read([], ({ watch }) => watch.heals.since(of.app, of.rule.service, since));
    return rows.at(-1)?.outcome === "superseded";
  }

  /** The same decision comes again at once: it must not be acted on again and again. */
  #cameTo(of: Watched, nothing: boolean): void {
    of.inVain = nothing ? of.inVain + 1 : 0;
    of.waitUntil = nothing ? this.#options.clock.steady() + Math.min(1000 * 2 ** of.inVain, longestSleep) : 0;
  }
}
