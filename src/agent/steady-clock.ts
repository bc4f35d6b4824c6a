/** A jump of less is a correction that judgement tolerates. Milliseconds. */
const tolerated = 1500;

/** The wall clock beside one that goes on evenly, to see when somebody sets it or the host has slept. */
export class SteadyClock {
  #offset = wallOffset();

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }

  /** CLOCK_MONOTONIC in milliseconds, as in systemd's ...TimestampMonotonic. */
  steady(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** By how many milliseconds the wall clock has jumped since this was last asked; 0 when it has not. Ask at every wake-up. */
  jump(): number {
    const offset = wallOffset();
    const jumped = offset - this.#offset;
    if (Math.abs(jumped) < tolerated) {
      // Slewing (adjtime(2)) adds up slowly.
      this.#offset += Math.max(-50, Math.min(50, jumped));
      return 0;
    }
    this.#offset = offset;
    return jumped;
  }
}

function wallOffset(): number {
  return Date.now() - Number(process.hrtime.bigint()) / 1e6;
}
