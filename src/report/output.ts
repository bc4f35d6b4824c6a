import { adviceFor } from "./advice.ts";
import { hasErrors, type Diagnostic } from "./diagnostic.ts";
import type { Progress } from "./progress.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { renderDiagnostic, type Sources } from "./render-diagnostic.ts";
import { styleFor, type Style } from "./style.ts";

/** The two voices of every command. Results go to stdout, everything else to stderr; with --json stdout is one JSON value. */
export class Output {
  readonly json: boolean;
  readonly style: Style = styleFor(process.stdout);
  readonly sources = new Map<string, string>();
  readonly #errorStyle = styleFor(process.stderr);
  readonly #diagnostics: Diagnostic[] = [];
  readonly #scope: "system" | "user";

  constructor(options: { json: boolean; scope: "system" | "user" }) {
    this.json = options.json;
    this.#scope = options.scope;
  }

  /** The result of a command: text for people, a value for programs. */
  result(value: object, text: string): void {
    if (this.json)
      write(
        process.stdout,
        `${JSON.stringify({ ok: !hasErrors(this.#diagnostics), ...value, diagnostics: this.#diagnostics }, jsonValue, 2)}\n`,
      );
    else if (text !== "") write(process.stdout, text.endsWith("\n") ? text : `${text}\n`);
  }

  /** One object of a stream, such as a log line. */
  line(value: object, text: string): void {
    write(process.stdout, `${this.json ? JSON.stringify(value, jsonValue) : text}\n`);
  }

  note(text: string): void {
    write(process.stderr, `${text}\n`);
  }

  diagnose(found: readonly Diagnostic[], sources: Sources = this.sources): void {
    const diagnostics = found.map((d) =>
      d.fix === undefined ? d : { ...d, fix: adviceFor(this.#scope, d.fix) },
    );
    this.#diagnostics.push(...diagnostics);
    const shown = hideSecrets(diagnostics, sources);
    if (!this.json)
      for (const d of diagnostics) write(process.stderr, `${renderDiagnostic(d, shown, this.#errorStyle)}\n`);
  }

  /** One line for each step: rewritten in place on a terminal, a plain line elsewhere. */
  progress(): Progress {
    if (this.json) return { begin: () => {}, end: () => {} };
    const started = { at: 0, action: "" };
    const live = process.stderr.isTTY && process.env["TERM"] !== "dumb";
    return {
      begin: (action) => {
        started.at = performance.now();
        started.action = action;
        if (live) write(process.stderr, `  ${action} ...`);
      },
      end: (fact) => {
        const seconds = (performance.now() - started.at) / 1000;
        const took = seconds >= 0.3 ? ` (${seconds.toFixed(1)} s)` : "";
        const shown = fact === "done" ? "" : `: ${this.#errorStyle.bad(fact)}`;
        if (started.action !== "")
          write(
            process.stderr,
            `${live ? "\r\u001b[2K" : ""}  ${fact === "done" ? this.#errorStyle.good("✓") : this.#errorStyle.bad("✗")} ${started.action}${shown}${took}\n`,
          );
        started.action = "";
      },
    };
  }
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text);
}
