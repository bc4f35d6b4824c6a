import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { addMatch, followOwner, type Bus } from "./dbus.ts";
import type { JobResult } from "./host.ts";

export const manager = {
  destination: "org.freedesktop.systemd1",
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
} as const;

type Waiter = { resolve: (result: JobResult) => void; reject: (error: unknown) => void };

const results: readonly JobResult[] = [
  "done",
  "canceled",
  "timeout",
  "failed",
  "dependency",
  "skipped",
  "invalid",
];

/** Waits for systemd's jobs by its JobRemoved signal, which carries the result; polling a unit's state cannot tell it. */
export class JobWatch {
  readonly #bus: Bus;
  /** Several for one job: systemd merges what is asked of a unit while a job of it is under way. */
  readonly #waiting = new Map<string, Waiter[]>();
  /** Jobs that ended while the reply that names them was still under way. */
  readonly #early = new Map<string, JobResult>();
  #starting = 0;
  #systemd: () => string = () => "";

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Must be complete before the first job: systemd sends signals to subscribers only. */
  static async open(bus: Bus): Promise<JobWatch> {
    const watch = new JobWatch(bus);
    bus.onSignal(({ sender, interface: by, member, body: [, path, , result] }) => {
      // Anybody may send a signal to us; the bus tells who it was.
      if (sender === watch.#systemd() && by === manager.interface && member === "JobRemoved")
        watch.#removed(String(path), String(result));
    });
    bus.onClose((error) => {
      for (const waiter of [...watch.#waiting.values()].flat()) waiter.reject(error);
      watch.#waiting.clear();
    });
    const rule = `type='signal',sender='${manager.destination}',path='${manager.path}',interface='${manager.interface}',member='JobRemoved'`;
    await addMatch(bus, rule);
    watch.#systemd = await followOwner(bus, manager.destination);
    await bus.call({ ...manager, member: "Subscribe" });
    return watch;
  }

  /** Calls a manager's method that answers with a job (StartUnit and its kin) and waits for the end of that job. */
  async run(member: string, unit: string, timeout: number): Promise<JobResult> {
    const job = await this.#enqueue(member, unit);
    if (typeof job !== "string") return job.result;
    return new Promise((resolve, reject) => {
      const others = (): Waiter[] => (this.#waiting.get(job) ?? []).filter((other) => other !== waiter);
      const timer = setTimeout(() => {
        this.#waiting.set(job, others());
        reject(tooLong(member, unit, timeout));
      }, timeout);
      const settle =
        <T>(action: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          action(value);
        };
      const waiter: Waiter = { resolve: settle(resolve), reject: settle(reject) };
      this.#waiting.set(job, [...others(), waiter]);
    });
  }

  async #enqueue(member: string, unit: string): Promise<string | { result: JobResult }> {
    this.#starting++;
    try {
      const message = { ...manager, member, signature: "ss", body: [unit, "replace"] };
      const [path] = await this.#bus.call<[string]>(message);
      const result = this.#early.get(path);
      return result === undefined ? path : { result };
    } finally {
      this.#starting--;
      if (this.#starting === 0) this.#early.clear();
    }
  }

  #removed(job: string, word: string): void {
    // systemd also knows "assert", "unsupported", "once" and "collected": all of them mean it is not done.
    const result = results.find((known) => known === word) ?? "failed";
    const waiters = this.#waiting.get(job);
    if (waiters) {
      this.#waiting.delete(job);
      for (const waiter of waiters) waiter.resolve(result);
    } else if (this.#starting > 0) {
      this.#early.set(job, result);
    }
  }
}

function tooLong(member: string, unit: string, timeout: number): HoldfastError {
  const verb = member.replace(/Unit$/, "").toLowerCase();
  return new HoldfastError(
    {
      severity: "error",
      code: "host/job-too-long",
      summary: `Cannot ${verb} ${unit}: its job has not ended after ${Math.round(timeout / 1000)} s`,
      detail: "The job is still with systemd and may yet end.",
      fix: `systemctl list-jobs; systemctl status ${unit}`,
    },
    exitCode.failed,
  );
}
