import type { UnitLook } from "../watch-unit.ts";

/** Counts what becomes of a unit, look by look. */
export class Tally {
  restarts = 0;
  /** Starts that were not systemd's own restarts: somebody asked for them. */
  heals = 0;
  gaveUp = false;
  #last: UnitLook;

  constructor(before: UnitLook) {
    this.#last = before;
  }

  isOver(seen: UnitLook): boolean {
    const more = seen.restarts - this.#last.restarts;
    if (more > 0) this.restarts += more;
    else if (
      seen.pid !== 0 &&
      this.#last.pid !== 0 &&
      seen.pid !== this.#last.pid &&
      seen.invocation !== this.#last.invocation
    )
      this.heals += 1;
    this.#last = { ...seen, pid: seen.pid === 0 && more <= 0 ? this.#last.pid : seen.pid };
    this.gaveUp = seen.active === "failed" && seen.sub === "failed";
    return this.gaveUp;
  }
}
