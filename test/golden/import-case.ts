import type { ForeignFile } from "../../src/import/imported.ts";
import { importFiles } from "../../src/import/import-files.ts";
import { renderDiagnostic } from "../../src/report/render-diagnostic.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import type { Style } from "../../src/report/style.ts";

const same = (text: string): string => text;
const plain: Style = { strong: same, dim: same, good: same, warn: same, bad: same };

/**
 * Files of other programs, each after a line "==> PATH", and the specs that are written for them, with what people read on
 * stderr. Those after "==| PATH" are only there to be looked at, such as a script that a crontab runs.
 */
export function importCase(input: string): string {
  const [head = "", ...parts] = `\n${input}`.split(/^(?===[>|] )/m);
  const option = (name: string): string | undefined => new RegExp(`^# ${name}: (.*)$`, "m").exec(head)?.[1];
  const files = parts.map((part): ForeignFile & { given: boolean } => {
    const end = part.indexOf("\n");
    return { path: part.slice(4, end), text: part.slice(end + 1), given: part.startsWith("==>") };
  });
  const { specs, diagnostics } = importFiles(
    files.filter(({ given }) => given),
    {
      userScope: option("scope") === "user",
      zone: option("zone") ?? "Europe/Berlin",
      account: option("account"),
      app: option("app"),
      readFile: (path) => files.find((file) => file.path === path)?.text ?? null,
    },
  );
  for (const { text } of specs) {
    const { diagnostics: wrong } = parseSpec(text, "holdfast.yaml");
    const errors = wrong.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new Error(`${errors.map((d) => d.summary).join("; ")}\n${text}`);
  }
  const texts = specs.map(({ app, text }) => (specs.length === 1 ? text : `==> ${app}.yaml\n${text}`));
  return [...texts, diagnostics.map((d) => `${renderDiagnostic(d, new Map(), plain)}\n`).join("")]
    .filter((text) => text !== "")
    .join("\n");
}
