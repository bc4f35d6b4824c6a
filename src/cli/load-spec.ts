import { readFileSync } from "node:fs";
import { compileSpec } from "../compile/compile.ts";
import type { Target } from "../compile/target.ts";
import type { Desired } from "../plan/desired.ts";
import { makeDesired } from "../plan/make-desired.ts";
import { exitCode, hasErrors, HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import type { Spec } from "../spec/spec.ts";
import { withProfiles } from "./read-profiles.ts";
import type { Session } from "./session.ts";

// Apart from the session, because most commands read no spec, and its schema takes longer to build than a list to print.

/** Reads and checks the spec and the profiles it names; throws with every mistake in them. */
export function loadSpec({ options, out }: Session): {
  spec: Spec;
  text: string;
  profiles: readonly string[];
} {
  const { file, env: environment } = options;
  const text = readSpecFile(file);
  out.sources.set(file, text);
  const { spec, diagnostics } = parseSpec(text, file, { environment, now: Date.now() });
  if (!spec) throw new HoldfastError(diagnostics, exitCode.usage);
  out.diagnose(diagnostics);
  const profiled = withProfiles(spec, out.sources);
  return { spec: profiled.spec, text, profiles: profiled.texts };
}

/** Compiles a spec for a target; throws with what cannot be compiled. */
export function compileFor(target: Target, spec: Spec): { desired: Desired; losses: readonly Diagnostic[] } {
  const compiled = compileSpec(spec, target);
  const errors = compiled.diagnostics.filter((d) => d.severity === "error");
  if (hasErrors(errors)) throw new HoldfastError(errors, exitCode.usage);
  return { desired: makeDesired(spec, compiled, target), losses: compiled.diagnostics };
}

function readSpecFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === "ENOENT";
    throw new HoldfastError(
      {
        severity: "error",
        code: missing ? "spec/not-found" : "spec/unreadable",
        summary: missing
          ? `Cannot find ${file}`
          : `Cannot read ${file}: ${code === "EISDIR" ? "it is a directory" : (error as Error).message}`,
        fix: missing
          ? "go to the application's directory, name the file with --file, or write a first one: holdfast init"
          : "check the path and its permissions",
      },
      exitCode.usage,
    );
  }
}
