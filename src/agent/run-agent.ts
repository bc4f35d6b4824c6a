import { join } from "node:path";
import { busAddress } from "../host/dbus-systemd.ts";
import { giveBackMemory } from "../host/give-back-memory.ts";
import type { Scope } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { openNotify, watchdogTime } from "../host/notify.ts";
import { stateDirectory } from "../store/open-store.ts";
import { Agent } from "./agent.ts";
import { readBoot } from "./boot.ts";
import { carryByProgram } from "./carrier.ts";
import { Memory } from "./memory.ts";
import { OwnLife } from "./own-life.ts";
import { Ping } from "./ping.ts";
import { rulesDirectory } from "./rules.ts";
import { sayToJournal } from "./say.ts";
import { SteadyClock } from "./steady-clock.ts";

/** What the start leaves behind is most of what is ever garbage: cleared once, and then when so much has come together. */
const settled = 10_000;
const garbage = 3 * 1024 * 1024;

/** A message that does not get through for longer keeps the heartbeat from saying that all is well. */
const longestUntold = 10 * 60_000;

/** How often the row of the agent is written; a minute and a half without it means that nobody watches. */
const tickEvery = 30_000;

/**
 * holdfast agent: watches and heals until it is told to stop. It ends by SIGTERM or SIGINT only; whatever is under way then
 * is on record, and the next one goes on with it.
 */
export async function runAgent(words: readonly string[]): Promise<number> {
  // Node's larger pool of 64 KiB keeps memory for a few bytes (see README.md).
  Buffer.poolSize = 8192;
  const scope: Scope = words.includes("--user") ? "user" : "system";
  const say = sayToJournal;
  if (scope === "system" && process.getuid?.() !== 0) {
    say(3, "Cannot watch system services: only root may. Fix: systemctl start holdfast-agent.service");
    return 1;
  }
  const clock = new SteadyClock();
  const now = (): number => clock.now();
  const notify = openNotify();
  const boot = readBoot();
  const host = await openLocalHost(scope);
  const memory = new Memory(scope, say);
  const life = new OwnLife(memory, boot, say, now);
  const program = join(__dirname, "..", "bin", "holdfast");
  const status = (): string => `STATUS=${describe(agent)}`;
  const agent: Agent = new Agent({
    scope,
    host,
    bus: () => busAddress(scope),
    stateDirectory: stateDirectory(scope),
    rulesDirectory: rulesDirectory(scope),
    boot,
    memory,
    clock,
    say,
    carry: carryByProgram(program, scope, say),
    changed: () => notify(status()),
  });
  agent.start();
  notify("READY=1", status());

  const troubleNow = (): string | null => {
    const late = life.tickedAt === null || now() - life.tickedAt > 3 * tickEvery;
    return agent.trouble ?? (late ? "the record could not be written" : null) ?? untold();
  };
  // Whoever listens outside has to know that nobody is told, because nobody else will.
  const untold = (): string | null => {
    const since = memory.read(null, ({ outbox }) => outbox.stuckSince(now()));
    return since === null || now() - since < longestUntold
      ? null
      : `messages do not get through since ${new Date(since).toISOString()}`;
  };
  const collect = makeCollector();
  setTimeout(() => collect("all"), settled).unref();
  const heartbeats = new Heartbeats(agent, troubleNow);
  const ticking = setInterval(() => {
    memory.retry();
    life.tick();
    notify(status());
    heartbeats.follow();
    collect("much");
  }, tickEvery);
  heartbeats.follow();
  // A timer that fires shows that the loop turns, which is all that a restart of ours could mend.
  const watchdog = watchdogTime();
  const barking =
    watchdog === null ? null : setInterval(() => notify("WATCHDOG=1"), Math.min(watchdog / 3, 10_000));

  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
  notify("STOPPING=1", `STATUS=ended by ${signal}`);
  clearInterval(ticking);
  if (barking) clearInterval(barking);
  heartbeats.close();
  await agent.close();
  life.stop();
  memory.close();
  await host.close();
  return 0;
}

function describe(agent: Agent): string {
  const watched = `watches ${agent.services} services`;
  return agent.trouble === null ? watched : `${watched}; ${agent.trouble}`;
}

type Collect = (options: { type: "major"; flavor: "last-resort" | "regular" }) => void;

/** By itself V8 lets some 20 MiB come together before it looks at old objects. Needs --expose-gc. */
function makeCollector(): (when: "all" | "much") => void {
  const gc = (globalThis as { gc?: Collect }).gc;
  let lowest = Infinity;
  return (when) => {
    if (!gc || (when === "much" && process.memoryUsage().heapUsed < lowest + garbage)) return;
    gc({ type: "major", flavor: when === "all" ? "last-resort" : "regular" });
    giveBackMemory();
    lowest = process.memoryUsage().heapUsed;
  };
}

/** One for each application that has declared an address, while it has. */
class Heartbeats {
  readonly #agent: Agent;
  readonly #trouble: () => string | null;
  #running = new Map<string, NodeJS.Timeout>();

  constructor(agent: Agent, trouble: () => string | null) {
    this.#agent = agent;
    this.#trouble = trouble;
  }

  follow(): void {
    const wanted = new Map(this.#agent.heartbeats.map((one) => [JSON.stringify(one), one]));
    for (const [key, timer] of this.#running)
      if (!wanted.has(key)) {
        clearInterval(timer);
        this.#running.delete(key);
      }
    for (const [key, { url, every, app }] of wanted) {
      if (this.#running.has(key)) continue;
      const ping = new Ping(url, app, sayToJournal);
      const send = (): void => void ping.send(this.#trouble());
      this.#running.set(key, setInterval(send, every));
      // The first tells soon that it works; systemd has not been heard yet in the first moment.
      setTimeout(send, Math.min(every, 5000)).unref();
    }
  }

  close(): void {
    for (const timer of this.#running.values()) clearInterval(timer);
  }
}
