import type { Watcher } from "../store/watch.ts";
import type { Memory } from "./memory.ts";
import type { Say } from "./say.ts";

const name = "agent";
/** In events that are about the agent itself. */
const everyApp = "";

/** The agent's own row: that it lives, and how long nobody watched before. */
export class OwnLife {
  readonly #memory: Memory;
  readonly #say: Say;
  readonly #now: () => number;
  readonly #row: Watcher;
  /** When the row was last written; null when that failed. */
  tickedAt: number | null = null;

  constructor(memory: Memory, boot: string, say: Say, now: () => number) {
    this.#memory = memory;
    this.#say = say;
    this.#now = now;
    const at = now();
    this.#row = { boot, pid: process.pid, started: at, lastTick: at, stopped: null };
    const before = memory.read(null, ({ watch }) => watch.watcher(name));
    const says = describeAway(before, boot, at);
    if (says !== null) this.#tell("agent-was-away", says, before?.stopped === null ? 4 : 5);
    this.#tell("agent-started", `the agent watches from now on (pid ${process.pid})`, 6);
    this.tick();
  }

  tick(): void {
    const row = { ...this.#row, lastTick: this.#now() };
    this.tickedAt = this.#memory.write("lightly", (record) => record.saveWatcher(name, row))
      ? row.lastTick
      : null;
  }

  /** A clean end: the next one says since when nobody watched, and that it was meant. */
  stop(): void {
    const at = this.#now();
    this.#memory.write("lasting", (record) =>
      record.saveWatcher(name, { ...this.#row, lastTick: at, stopped: at }),
    );
  }

  #tell(kind: "agent-started" | "agent-was-away", says: string, level: number): void {
    this.#say(level, says);
    this.#memory.write("lightly", (record) =>
      record.addEvent({ at: this.#now(), app: everyApp, service: null, kind, check: null, says, data: null }),
    );
  }
}

/** A tick is every 30 s: what is younger is no absence worth telling, unless it was unclean. */
const worthTelling = 60_000;

function describeAway(before: Watcher | null, boot: string, now: number): string | null {
  if (before === null) return null;
  const from = before.stopped ?? before.lastTick;
  const clean = before.stopped !== null;
  if (clean && now - from < worthTelling) return null;
  const span = `from ${new Date(from).toISOString()} to ${new Date(now).toISOString()}`;
  const why = clean ? "after a clean stop" : before.boot === boot ? "uncleanly" : "uncleanly, over a boot";
  return `nobody watched ${span}, ${why}`;
}
