import { nothingSaid, readSaid, type Said } from "./circumstances.ts";
import type { Memory } from "./memory.ts";
import { isBusy, setCircumstances } from "./round.ts";
import type { SteadyClock } from "./steady-clock.ts";
import type { Watched } from "./watched.ts";

/** What is so around all services: what others have written, whether systemd is heard, when the clock was set. */
export class Situation {
  busIsThere = false;
  clockSetAt: number | null = null;
  readonly #memory: Memory;
  readonly #clock: SteadyClock;
  #said: Said = nothingSaid;
  #version = -1;

  constructor(memory: Memory, clock: SteadyClock) {
    this.#memory = memory;
    this.#clock = clock;
  }

  /** Other applications are watched now, of which nothing was read yet. */
  forget(): void {
    this.#version = -1;
  }

  /** Reads what others have written since the last time: intents, changes, heals by hand, resets. Returns whether there was anything. */
  readOthers(apps: readonly string[], all: Iterable<Watched>): boolean {
    const version = this.#memory.read(this.#version, ({ watch }) => watch.version());
    if (version === this.#version) return false;
    this.#version = version;
    const now = this.#clock.now();
    this.#said = this.#memory.read(this.#said, (memory) => readSaid(memory, apps, now));
    for (const of of all) this.refresh(of);
    return true;
  }

  /** Reads what others may have changed of one service. */
  refresh(of: Watched): void {
    this.#memory.read(undefined, ({ watch }) => of.refresh(watch, this.#clock.now()));
  }

  isBusy(of: Watched): boolean {
    return isBusy(of, this.#said);
  }

  /** Puts into the state of a service what is to be known of its surroundings before anything is judged. */
  describe(of: Watched): void {
    setCircumstances(of, this.#said, {
      paused: this.busIsThere ? null : "systemd cannot be asked",
      clockSetAt: this.clockSetAt,
      now: this.#clock.now(),
    });
  }
}
