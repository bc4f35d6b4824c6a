import type { Diagnostic } from "../report/diagnostic.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import type { Dropped } from "./imported.ts";

/** One thing that was not carried over, as a sentence. */
export function describeDropped({ at, what, why, todo }: Dropped): string {
  const place = at.file === "" ? "" : at.line > 0 ? `${at.file}:${at.line} ` : `${at.file} `;
  const next = todo === "nothing" ? "Nothing is lost." : `To do: ${todo}.`;
  return hideShapes(`${place}${what}: ${why}. ${next}`).text;
}

/** The same as a warning. */
export function droppedDiagnostic({ at, what, why, todo }: Dropped): Diagnostic {
  return {
    severity: "warning",
    code: "import/not-carried-over",
    summary: hideShapes(`Not carried over: ${what}: ${why}`).text,
    ...(at.file === "" ? {} : { at }),
    ...(todo === "nothing" ? { detail: "nothing is lost" } : { fix: hideShapes(todo).text }),
  };
}
