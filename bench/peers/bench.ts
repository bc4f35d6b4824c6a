import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { until } from "../../src/host/throwaway/until.ts";
import { type Hand, reachInside } from "./hand.ts";

export type Start = { readonly at: number; readonly pid: number };

/** The host, the app in it, and what everybody does to the app. Times are milliseconds since the epoch. */
export type Bench = {
  readonly host: NamespaceHost;
  readonly hand: Hand;
  /** Runs a program inside; throws when it fails, so that no failure is ever measured. */
  run(...argv: string[]): Promise<string>;
  /** The program and arguments of one copy of the app. */
  command(app: string): readonly string[];
  /** Every start of a copy, as it wrote it down itself: the one witness that is the same for all peers. */
  starts(app: string): Promise<readonly Start[]>;
  /** Waits for the first start after a moment; null when there is none in time. */
  startAfter(app: string, moment: number, timeout: number): Promise<Start | null>;
  close(): Promise<void>;
};

export const home = "/srv/bench";

/** Puts the app on the host. */
export async function openBench(host: NamespaceHost): Promise<Bench> {
  await host.write(join(home, "app.py"), readFileSync(join(import.meta.dirname, "app.py"), "utf8"));
  const hand = await reachInside(host);
  const bench: Bench = {
    host,
    hand,
    async run(...argv) {
      const result = await host.run(argv, { timeout: 120_000 });
      if (result.status === 0) return result.stdout;
      throw new Error(`${argv.join(" ")} ended with ${result.status}: ${result.stderr}${result.stdout}`);
    },
    command: (app) => ["/usr/bin/python3", "-I", join(home, "app.py"), startsFile(app)],
    async starts(app) {
      const lines = ((await host.read(startsFile(app))) ?? "").split("\n").slice(0, -1);
      return lines.map((line) => {
        const [nanoseconds, pid] = line.split(" ").map(Number);
        return { at: nanoseconds! / 1e6, pid: pid! };
      });
    },
    startAfter: (app, moment, timeout) =>
      until(async () => (await bench.starts(app)).find(({ at }) => at > moment), timeout, 20),
    close: () => hand.close(),
  };
  // Of any user: some peers run the app as root, some do not.
  await bench.run("install", "-d", "-m", "1777", join(home, "starts"));
  return bench;
}

function startsFile(app: string): string {
  return join(home, "starts", app);
}
