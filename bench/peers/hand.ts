import { once } from "node:events";
import { createInterface } from "node:readline";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";

export type Signal = "SIGKILL" | "SIGSTOP" | "SIGCONT";

export type Hand = {
  /** Signals a process as the host numbers it, and says when. `phase`: at that part (0 to 1) of a quarter of a second. */
  signal(pid: number, signal: Signal, phase?: number): Promise<number>;
  close(): Promise<void>;
};

const script = `
import os, signal, sys, time
for line in sys.stdin:
    pid, name, phase = line.split()
    if phase != "now":
        time.sleep((float(phase) - time.monotonic() % 0.25 / 0.25) % 1 * 0.25)
    at = time.time_ns()
    try:
        os.kill(int(pid), getattr(signal, name))
        print(at, flush=True)
    except OSError as error:
        print(error, flush=True)
`;

/** A process that waits inside to send signals: entering the host for each would cost more than what is measured. */
export async function reachInside(host: NamespaceHost): Promise<Hand> {
  const child = await host.spawn(["/usr/bin/python3", "-I", "-c", script]);
  const answers = createInterface({ input: child.stdout! });
  const waiting: ((answer: string) => void)[] = [];
  answers.on("line", (answer) => waiting.shift()?.(answer));
  return {
    async signal(pid, signal, phase) {
      const answered = new Promise<string>((resolve) => waiting.push(resolve));
      child.stdin!.write(`${pid} ${signal} ${phase ?? "now"}\n`);
      const answer = await answered;
      if (!/^\d+$/.test(answer)) throw new Error(`${signal} to process ${pid}: ${answer}`);
      return Number(answer) / 1e6;
    },
    async close() {
      const closed = once(child, "close");
      child.stdin!.end();
      await closed;
    },
  };
}
