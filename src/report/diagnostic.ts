/** A place in a file the user wrote; line and column count from 1. */
export type Place = { file: string; line: number; column: number; length: number };

export type Severity = "error" | "warning";

/** One thing that is wrong, for people and for machines: what happened, where, what to do. */
export type Diagnostic = {
  severity: Severity;
  /** What stands in the place of "error" or "warning" for people, such as "will not start". */
  label?: string;
  /** Stable and searchable, such as "spec/bad-size". */
  code: string;
  /** "Cannot <verb> <thing>: <what is so>". */
  summary: string;
  at?: Place;
  /** What was expected, and why. */
  detail?: string;
  /** The next thing to type. */
  fix?: string;
  related?: readonly { at: Place; note: string }[];
};

/** A user's mistake or a host's trouble: printed without a stack. Anything else that is thrown is our own bug. */
export class HoldfastError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: number;

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], exitCode = 1, options?: ErrorOptions) {
    const list = Array.isArray(diagnostics)
      ? (diagnostics as readonly Diagnostic[])
      : [diagnostics as Diagnostic];
    super(list.map((d) => d.summary).join("\n"), options);
    this.name = "HoldfastError";
    this.diagnostics = list;
    this.exitCode = exitCode;
  }
}

/** Exit codes are promised for ever; see docs/scripting.md. */
export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  changesPending: 3,
  unreachable: 10,
  locked: 11,
  rolledBack: 12,
} as const;

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}
