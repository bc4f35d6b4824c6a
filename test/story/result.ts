import type { RunResult } from "../../src/host/host.ts";

/** What a program that ran inside the host said, and what a story may demand of it. */
export class Result {
  readonly command: string;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(argv: readonly string[], result: RunResult) {
    this.command = argv.join(" ");
    this.status = result.status;
    this.signal = result.signal;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }

  succeeds(): this {
    return this.#demand(this.status === 0, "should have succeeded", "succeeds");
  }

  /** With exactly this exit code, or with any but 0. */
  fails(code?: number): this {
    const failed = code === undefined ? this.status !== 0 : this.status === code;
    return this.#demand(failed, `should have failed${code === undefined ? "" : ` with ${code}`}`, "fails");
  }

  /** On stdout or stderr. */
  says(text: string | RegExp): this {
    return this.#demand(this.#has(text), `should have said ${display(text)}`, "says");
  }

  doesNotSay(text: string | RegExp): this {
    return this.#demand(!this.#has(text), `should not have said ${display(text)}`, "doesNotSay");
  }

  /** The value that stdout is, whatever its shape: a story says what it expects of it. */
  // oxlint-disable-next-line typescript/no-explicit-any
  json(): any {
    try {
      return JSON.parse(this.stdout);
    } catch {
      return this.#demand(false, "should have printed JSON on stdout", "json");
    }
  }

  #has(text: string | RegExp): boolean {
    const all = `${this.stdout}\n${this.stderr}`;
    return typeof text === "string" ? all.includes(text) : text.test(all);
  }

  #demand(met: boolean, what: string, above: "succeeds" | "fails" | "says" | "doesNotSay" | "json"): this {
    if (met) return this;
    const ended = this.signal ? `was killed by ${this.signal}` : `exited with ${this.status}`;
    const said = [this.stdout && `stdout:\n${this.stdout}`, this.stderr && `stderr:\n${this.stderr}`].filter(
      Boolean,
    );
    const error = new Error([`"${this.command}" ${what}; it ${ended}`, ...said].join("\n"));
    Error.captureStackTrace(error, this[above]);
    throw error;
  }
}

/** A result to come, so that a story can say `await holdfast("apply").succeeds()`. */
export type Pending = Promise<Result> & {
  succeeds(): Promise<Result>;
  fails(code?: number): Promise<Result>;
  says(text: string | RegExp): Promise<Result>;
  doesNotSay(text: string | RegExp): Promise<Result>;
};

export function pending(result: Promise<Result>): Pending {
  return Object.assign(result, {
    succeeds: () => result.then((done) => done.succeeds()),
    fails: (code?: number) => result.then((done) => done.fails(code)),
    says: (text: string | RegExp) => result.then((done) => done.says(text)),
    doesNotSay: (text: string | RegExp) => result.then((done) => done.doesNotSay(text)),
  });
}

function display(text: string | RegExp): string {
  return typeof text === "string" ? JSON.stringify(text) : String(text);
}
