import type { LookKind } from "../compile/watch-rule.ts";

/** So many looks at once. A host that does not answer holds up at most others of its lane, and only when all are held up. */
const widths = { network: 128, programs: 8, here: 64 } as const;
type Lane = keyof typeof widths;

const network: ReadonlySet<LookKind> = new Set(["http", "tcp", "tls", "dns", "rpc"]);
const programs: ReadonlySet<LookKind> = new Set(["exec", "sqlite"]);

/** Bounds how many looks are made at the same time: sockets, child processes and files each have their own lane. */
export class Lanes {
  readonly #lanes: Record<Lane, { free: number; waiting: (() => Promise<void>)[] }> = {
    network: { free: widths.network, waiting: [] },
    programs: { free: widths.programs, waiting: [] },
    here: { free: widths.here, waiting: [] },
  };

  /** Runs it now, or as soon as its lane has room. `work` must not reject. */
  run(kind: LookKind, work: () => Promise<void>): void {
    const lane = this.#lanes[network.has(kind) ? "network" : programs.has(kind) ? "programs" : "here"];
    if (lane.free === 0) {
      lane.waiting.push(work);
      return;
    }
    lane.free--;
    const next = (): void => {
      const waiting = lane.waiting.shift();
      if (waiting) void waiting().finally(next);
      else lane.free++;
    };
    void work().finally(next);
  }
}
