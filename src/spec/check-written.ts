import type { Diagnostic } from "../report/diagnostic.ts";
import { secretInSpec } from "../report/hide-secrets.ts";
import { directiveIn, directiveKeys, directivesNamed } from "../unit/directives.ts";
import { readBoolean } from "../unit/read-value.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

/** Directives that Holdfast's promises rest on, and what to write instead. */
const refused: Readonly<Record<string, { why: string; fix: string }>> = {
  "Service.User": {
    why: "accounts, files and secrets are checked for the account of the file",
    fix: "user:",
  },
  "Service.Group": { why: "directories are made for the group of the file", fix: "group:" },
  "Service.LogNamespace": {
    why: "logs and status would look for the lines elsewhere",
    fix: "remove it: the application has a journal of its own, or with defaults: systemd that of the host",
  },
  "Timer.Unit": { why: "the timer starts its job, and through its gate", fix: "remove it" },
};

/** With a yes these keep Holdfast from doing what it is for. */
const handsOff = new Set(["RefuseManualStart", "RefuseManualStop"]);

/** Checks directives that stand in the spec as systemd reads them, and the names of units that were there before. */
export function checkWritten(spec: Spec): Diagnostic[] {
  return [
    ...(["services", "jobs"] as const).flatMap((kind) =>
      Object.entries(spec[kind]).flatMap(([name, { systemd }]) =>
        Object.entries(systemd ?? {}).flatMap(([section, directives]) =>
          Object.entries(directives ?? {}).flatMap(([key, value]) =>
            checkDirective(spec, [kind, name, "systemd", section, key], section, key, value),
          ),
        ),
      ),
    ),
    ...checkUnits(spec),
  ];
}

function checkDirective(
  spec: Spec,
  path: Path,
  block: string,
  key: string,
  value: string | readonly string[],
): Diagnostic[] {
  const at = spec.placeOf(path, "key");
  const section = block.replace(/^Timer(?=.)/, "");
  if (directiveIn(section, key) === null) return [unknownDirective(at, section, key)];
  const values = typeof value === "string" ? [value] : value;
  const no = isSameAccount(spec, path, key, values) ? undefined : refused[`${section}.${key}`];
  if (no || (handsOff.has(key) && values.some((one) => readBoolean(one) === true)))
    return [
      {
        severity: "error",
        code: "spec/refused-directive",
        summary: `Cannot write ${key}= below systemd:`,
        at,
        detail: no?.why ?? "Holdfast could not start or stop the unit",
        fix: no?.fix ?? "remove it",
      },
    ];
  return values.flatMap((one, index) => {
    const place = spec.placeOf(typeof value === "string" ? path : [...path, index]);
    const wrong = wrongText(one);
    if (wrong !== null)
      return [
        {
          severity: "error" as const,
          code: "spec/bad-text",
          summary: `Cannot write this value of ${key}=: it ${wrong}`,
          at: place,
          fix: "write one line, as it would stand in a unit file",
        },
      ];
    return holdsSecret(key, one)
      ? [
          {
            severity: "error" as const,
            code: secretInSpec,
            summary: `Cannot write a secret below systemd: anyone on the host can read what a unit says`,
            at: place,
            fix: "put it into a file that only root can read, and name that below secrets: or env.file",
          },
        ]
      : [];
  });
}

/** The account of the file is no other one, and with DynamicUser= the name is only a name. */
function isSameAccount(spec: Spec, [kind, name]: Path, key: string, values: readonly string[]): boolean {
  if (key !== "User") return false;
  const directives = spec[kind as "services" | "jobs"][String(name)]?.systemd?.Service ?? {};
  const dynamic = [directives["DynamicUser"] ?? "no"].flat().at(-1)!;
  return readBoolean(dynamic) === true || values.every((one) => one === spec.user);
}

/** Whether a value gives a secret away, as a variable or as an argument. */
export function holdsSecret(key: string, value: string): boolean {
  return /^(Environment$|Exec|SetCredential)/.test(key) && hideShapes(value).count > 0;
}

function unknownDirective(at: Diagnostic["at"], section: string, key: string): Diagnostic {
  const elsewhere = directivesNamed(key).flatMap(({ sections }) => sections);
  const near = elsewhere.length > 0 ? undefined : nearest(key, directiveKeys(section));
  return {
    severity: "error",
    code: "spec/unknown-directive",
    summary: `Cannot use ${key}= in [${section}]: systemd knows no such directive there`,
    ...(at ? { at } : {}),
    ...(near ? { detail: `Did you mean "${near}"?` } : {}),
    fix: near ? `${near}:` : elsewhere.length > 0 ? `write it below ${elsewhere[0]}:` : "remove it",
  };
}

/** What no line of a unit file can hold. */
function wrongText(text: string): string | null {
  if (/[\n\r\0]/.test(text)) return "has a line break";
  if (/^[ \t]|[ \t]$/.test(text)) return "begins or ends with white space, which systemd removes";
  if ((/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1)
    return "ends with a backslash, which would join the next line to it";
  return text.isWellFormed() ? null : "is not text in UTF-8";
}

/** Two programs cannot be one unit, and Holdfast's own units keep their names. */
function checkUnits(spec: Spec): Diagnostic[] {
  const owners = new Map<string, Path>();
  const found: Diagnostic[] = [];
  const programs = (["services", "jobs"] as const).flatMap((kind) =>
    Object.entries(spec[kind]).map(([name, { unit }]) => ({ kind, name, unit })),
  );
  for (const [name, { timer, unit }] of Object.entries(spec.jobs)) {
    const own = timer ?? `${(unit ?? ownName(spec.app, name)).replace(/\.service$/, "")}.timer`;
    const owner = owners.get(own);
    if (owner)
      found.push({
        severity: "error",
        code: "spec/unit-taken",
        summary: `Cannot use the timer ${own} for "${name}": "${String(owner[1])}" has it`,
        at: spec.placeOf(timer === undefined ? ["jobs", name] : ["jobs", name, "timer"]),
        related: [{ at: spec.placeOf(owner, "key"), note: "taken here" }],
        fix: "give one of them another name",
      });
    owners.set(own, ["jobs", name]);
  }
  for (const { kind, name, unit } of programs)
    if (unit === undefined) owners.set(ownName(spec.app, name), [kind, name]);
  for (const { kind, name, unit } of programs) {
    if (unit === undefined) continue;
    const owner = owners.get(unit);
    const isOurs = new RegExp(
      `^(${spec.app}-(expect|check|notify|give-up@.*)|holdfast-agent)\\.service$`,
    ).test(unit);
    if (owner || isOurs)
      found.push({
        severity: "error",
        code: "spec/unit-taken",
        summary: `Cannot use the unit ${unit} for "${name}": ${owner ? `"${String(owner[1])}" has it` : "Holdfast has a unit of that name"}`,
        at: spec.placeOf([kind, name, "unit"]),
        ...(owner ? { related: [{ at: spec.placeOf(owner, "key"), note: "taken here" }] } : {}),
        fix: "give one of them another name",
      });
    owners.set(unit, [kind, name]);
  }
  return found;
}

/** As compile/names.ts has it. */
function ownName(app: string, name: string): string {
  return name === app ? `${app}.service` : `${app}-${name}.service`;
}
