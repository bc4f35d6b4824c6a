import type { Diagnostic } from "./diagnostic.ts";
import type { Sources } from "./render-diagnostic.ts";

/** What stands at the place of such a diagnostic may be a secret that belongs into a file. */
export const secretInSpec = "spec/secret-in-spec";

/** What to do about a secret that stands where its file's path belongs. */
export const secretFix = "put the secret into a file that only root can read, and write its path here";

/** Texts with such secrets blotted out: the lines that are shown around another mistake must not show them either. */
export function hideSecrets(found: readonly Diagnostic[], sources: Sources): Sources {
  const places = found.flatMap(({ code, at }) => (code === secretInSpec && at ? [at] : []));
  if (places.length === 0) return sources;
  const hidden = new Map(sources);
  for (const { file, line, column, length } of places) {
    const text = hidden.get(file);
    if (text === undefined) continue;
    const lines = text.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + Math.min(1, line - 1) + column - 1;
    const end = start + length;
    const blot = text.slice(start, end).replace(/[^\n]/g, "*");
    hidden.set(file, `${text.slice(0, start)}${blot}${text.slice(end)}`);
  }
  return hidden;
}
