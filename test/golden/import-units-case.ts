import { compileSpec } from "../../src/compile/compile.ts";
import { debian12 } from "../../src/compile/target.ts";
import { importUnits } from "../../src/import/units/import-units.ts";
import { droppedDiagnostic } from "../../src/import/describe-dropped.ts";
import { writeSpec } from "../../src/import/write-spec.ts";
import { renderDiagnostic } from "../../src/report/render-diagnostic.ts";
import type { Style } from "../../src/report/style.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";

const same = (text: string): string => text;
const plain: Style = { strong: same, dim: same, good: same, warn: same, bad: same };

/**
 * Units, each after a line "==> PATH" or "==> PATH is UNIT", the spec that is written for them, and the units that it becomes
 * again; then what people read on stderr.
 */
export function importUnitsCase(input: string): string {
  const [head = "", ...parts] = `\n${input}`.split(/^(?===> )/m);
  const option = (name: string): string | undefined => new RegExp(`^# ${name}: (.*)$`, "m").exec(head)?.[1];
  const names = new Map<string, string>();
  const files = parts.map((part) => {
    const end = part.indexOf("\n");
    const [path = "", unit] = part.slice(4, end).split(" is ");
    if (unit !== undefined) names.set(path, unit);
    return { path, text: part.slice(end + 1) };
  });
  const userScope = option("scope") === "user";
  const systemd = Number(option("systemd") ?? 252);
  const result = importUnits(files, {
    userScope,
    zone: option("zone") ?? "Europe/Berlin",
    app: option("app"),
    systemd,
    names,
    account: "me",
    homes: new Map([["me", "/home/me"]]),
  });
  if (result === null) return "No units.\n";
  const written = result.apps.map((app) => writeSpec(app));
  const texts = written.flatMap(({ app, text }) => {
    const { spec } = parseSpec(text, "holdfast.yaml");
    const target = { ...debian12, systemd, scope: userScope ? ("user" as const) : ("system" as const) };
    const units = compileSpec(spec!, target).artifacts.filter(
      ({ kind, unit, service }) => kind === "unit" && (service !== undefined || unit!.endsWith(".timer")),
    );
    return [
      `==> ${app}.yaml\n${text}`,
      ...units
        .filter(({ unit }) => !unit!.endsWith("-expect.timer"))
        .map((one) => `==> ${one.unit}\n${one.text.replace(/^# Written by Holdfast .*\n\n/, "")}`),
    ];
  });
  const said = [...result.diagnostics, ...written.flatMap(({ dropped }) => dropped.map(droppedDiagnostic))];
  return [...texts, said.map((one) => `${renderDiagnostic(one, new Map(), plain)}\n`).join("")]
    .filter((text) => text !== "")
    .join("\n");
}
