import { parseUnit } from "../unit/parse-unit.ts";
import type { HostFacts, PathFact } from "../host/facts.ts";
import { lintUnit, type LintUnit } from "./lint-unit.ts";
import { lintUnits, type Found } from "./lint.ts";
import type { Example, ExampleHost, Rule } from "./rule.ts";
import { lintContext } from "./unit-world.ts";

/** The moment at which examples are linted. */
const now = Date.UTC(2026, 0, 15);

/** Lints an example with rules, on a host of values. */
export function lintExample(example: Example, rules: readonly Rule[]): Found[] {
  const {
    units: texts,
    scope = "system",
    systemd = 252,
    host,
  } = typeof example === "string" ? { units: { [nameOf(example)]: example } } : example;
  const units = unitsOf(texts, scope);
  const facts = host ? exampleFacts(host, units) : null;
  const strays = Object.keys(texts).filter((path) => path.includes("/") && !path.endsWith(".conf"));
  return lintUnits(units, rules, lintContext(units, { systemd, host: facts, strays, now }));
}

/** The name that goes with the sections of a text. */
function nameOf(text: string): string {
  const section =
    /^\[(Service|Timer|Socket|Path|Mount|Automount|Swap|Slice|Scope)\]/m.exec(text)?.[1] ?? "Target";
  return `example.${section.toLowerCase()}`;
}

function unitsOf(texts: Readonly<Record<string, string>>, scope: LintUnit["scope"]): LintUnit[] {
  const names = Object.keys(texts).filter((name) => !name.includes("/"));
  return names.map((name) => {
    const own = Object.keys(texts)
      .filter((other) => other.startsWith(`${name}.d/`) && other.endsWith(".conf"))
      .toSorted();
    const files = [name, ...own].map((path) => parseUnit(path, texts[path]!));
    return lintUnit(name, scope, files);
  });
}

/** The facts of a host that has just what an example names. */
function exampleFacts(host: ExampleHost, units: readonly LintUnit[] = []): HostFacts {
  const users = ["root", ...(host.users ?? [])];
  const groups = [...users, ...(host.groups ?? [])];
  const describe = (path: string): PathFact | null => {
    const told = host.paths?.[path];
    // What systemd's own PATH has is there, so that an example need not name every program.
    if (told === undefined)
      return /^\/(usr\/)?s?bin\/[^/]+$/.test(path)
        ? { kind: "file", mode: 0o755, uid: 0, gid: 0, size: 1 }
        : null;
    if (told === "missing") return null;
    const at = { uid: 0, gid: 0, size: told.length };
    if (told === "directory") return { kind: "directory", mode: 0o755, ...at };
    if (/^0[0-7]{3}$/.test(told)) return { kind: "file", mode: parseInt(told, 8), ...at };
    return { kind: "file", mode: told.startsWith("#!") ? 0o755 : 0o644, ...at };
  };
  const text = (path: string) => {
    const told = host.paths?.[path];
    return told === undefined || ["directory", "missing"].includes(told) || /^0[0-7]{3}$/.test(told)
      ? null
      : told;
  };
  return {
    path: describe,
    head: (path) => text(path)?.slice(0, 256) ?? null,
    text,
    user: (name) =>
      users.includes(name)
        ? { uid: users.indexOf(name), gid: users.indexOf(name), home: `/home/${name}` }
        : null,
    group: (name) => (groups.includes(name) ? { gid: groups.indexOf(name) } : null),
    lingers: (user) => host.lingering?.includes(user) ?? false,
    account: host.users?.[0] ?? "root",
    zone: host.zone ?? "UTC",
    defaultTarget: "multi-user.target",
    hasUnit: (name) => units.some((unit) => unit.name === name) || (host.units ?? []).includes(name),
  };
}
