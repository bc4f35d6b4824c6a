import type { Reading } from "../heal/reading.ts";
import type { ActContext } from "./acts.ts";
import { Lanes } from "./lanes.ts";
import { readCheck, type ReadContext } from "./read-check.ts";
import { take } from "./round.ts";
import type { Situation } from "./situation.ts";
import type { Timetable } from "./timetable.ts";
import { tellUnexpected } from "./unexpected.ts";
import { passing, type Slot, type Watched } from "./watched.ts";
import { untilNextLook } from "./when-to-look.ts";

export type LooksOptions = {
  context: ActContext;
  reading: ReadContext;
  situation: Situation;
  timetable: Timetable<Slot | Watched>;
  isWatched: (of: Watched) => boolean;
  /** A look may have changed what is to be done about a service. */
  changed: (of: Watched) => void;
};

/** Makes the looks of checks, and says when each is due again. */
export class Looks {
  readonly #options: LooksOptions;
  readonly #lanes = new Lanes();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** As soon as its lane has room. */
  begin(slot: Slot): void {
    const { say } = this.#options.context;
    this.#lanes.run(slot.check.look.kind, () =>
      this.#look(slot).catch((error: unknown) => tellUnexpected(say, error, slot.of.name)),
    );
  }

  /** These of a service now, whenever they are due. */
  beginNow(of: Watched, checks: readonly string[]): void {
    for (const slot of of.slots)
      if (checks.includes(slot.check.id) && !of.looking.has(slot.check.id)) {
        this.#options.timetable.delete(slot);
        this.begin(slot);
      }
  }

  /** At once, or when its unit has been down for long enough to say so. */
  soon(slot: Slot): void {
    const { reading, timetable } = this.#options;
    timetable.set(slot, slot.of.isPassing(reading.clock.steady()) ? passing : 0);
  }

  schedule(slot: Slot): void {
    const { of, check } = slot;
    if (of.looking.has(check.id)) return;
    const { reading, timetable } = this.#options;
    timetable.set(slot, untilNextLook(of, check, reading.clock.now()));
  }

  async #look(slot: Slot): Promise<void> {
    const { reading, isWatched, changed } = this.#options;
    const { of, check } = slot;
    if (of.looking.has(check.id) || of.slot(check.id) !== slot || of.state.unit.active === "unknown") return;
    of.looking.add(check.id);
    let news = true;
    try {
      const found = await readCheck(reading, of, check);
      if (of.slot(check.id) === slot) news = this.#take(slot, found);
    } finally {
      of.looking.delete(check.id);
      if (of.slot(check.id) === slot && isWatched(of)) {
        this.schedule(slot);
        // Most looks find what the one before has found; what only time changes has its own place in the queue.
        if (news || of.heal !== null || of.state.breaker.state !== "closed") changed(of);
      }
    }
  }

  #take({ of, check }: Slot, found: Reading): boolean {
    const { context, situation } = this.#options;
    if (check.look.kind === "unit" && situation.isBusy(of)) return false;
    situation.describe(of);
    return take(context, of, check, found);
  }
}
