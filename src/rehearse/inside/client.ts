import type { ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { ReadyGate } from "../../spec/defaults.ts";
import type { StillOpen } from "../../store/date-back.ts";
import type { Asked, StubMode } from "./stub-plan.ts";
import type { Answer, Ask, LoadKind, LoadSays } from "./protocol.ts";

/** What starts a program where the services are. */
export type Starter = { spawn(argv: readonly string[]): Promise<ChildProcess> };

/** The holdfast on the throwaway host that the rehearsal talks to. One question at a time; started anew after a reboot. */
export class Inside {
  readonly #host: Starter;
  readonly #holdfast: string;
  #child: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(host: Starter, holdfast: string) {
    this.#host = host;
    this.#holdfast = holdfast;
  }

  ready(gate: ReadyGate, user: string | null, directory: string): Promise<{ ok: boolean; found: string }> {
    return this.#ask({ ask: "ready", gate, user, directory }) as Promise<{ ok: boolean; found: string }>;
  }

  async isolation(sockets: readonly string[]): Promise<string[]> {
    return ((await this.#ask({ ask: "isolation", sockets })) as { reached: string[] }).reached;
  }

  load(kind: LoadKind, of: number, amount: number, path?: string): Promise<LoadSays & { pid: number }> {
    return this.#ask({ ask: "load", kind, of, amount, ...(path === undefined ? {} : { path }) }) as Promise<
      LoadSays & { pid: number }
    >;
  }

  async unload(pid: number): Promise<void> {
    await this.#ask({ ask: "unload", pid });
  }

  async group(of: number): Promise<number[]> {
    return ((await this.#ask({ ask: "group", of })) as { pids: number[] }).pids;
  }

  async alive(pids: readonly number[]): Promise<number[]> {
    return ((await this.#ask({ ask: "alive", pids })) as { alive: number[] }).alive;
  }

  /** Has all that ever happened to an application be long ago; what is still open instead, when something is. */
  dateBack(app: string): Promise<StillOpen> {
    return this.#ask({ ask: "date-back", app }) as Promise<StillOpen>;
  }

  /** Breaks a stand-in of an upstream, or mends it. */
  async setUpstream(name: string, mode: StubMode): Promise<void> {
    await this.#ask({ ask: "upstreams", command: { set: { name, mode } } });
  }

  /** What the stand-ins were asked since a moment of the host's clock, and what that clock says now. */
  askedUpstreams(since: number): Promise<{ now: number; asked: readonly Asked[] }> {
    return this.#ask({ ask: "upstreams", command: { asked: { since } } }) as Promise<{
      now: number;
      asked: readonly Asked[];
    }>;
  }

  /**
   * Lets it go, and waits until it has gone; the next question starts another. It ends by itself when nothing more can be asked:
   * killing what entered the host instead would leave a process that a shutdown waits for.
   */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    child.stdin!.end();
    await ended;
    clearTimeout(timer);
    this.#reader?.close();
  }

  #ask(ask: Ask): Promise<unknown> {
    const answer = this.#queue.then(() => this.#askNow(ask));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  async #askNow(ask: Ask): Promise<unknown> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) {
      this.#child = await this.#host.spawn([this.#holdfast, "rehearse-inside"]);
      this.#child.stdin!.on("error", () => {});
      this.#child.stderr!.resume();
      this.#reader = createInterface({ input: this.#child.stdout! });
      this.#lines = this.#reader[Symbol.asyncIterator]();
    }
    this.#child.stdin!.write(`${JSON.stringify(ask)}\n`);
    const { value, done } = await this.#lines!.next();
    if (done) {
      this.#child = undefined;
      throw new Error(`the rehearsal's own helper ended while it did "${ask.ask}"`);
    }
    const answer = JSON.parse(value) as Answer;
    if (!answer.ok) throw new Error(`cannot do "${ask.ask}" on the throwaway host: ${answer.why}`);
    return answer.value;
  }
}
