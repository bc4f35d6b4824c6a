import type { Diagnostic } from "../report/diagnostic.ts";
import { checkHeal } from "./check-heal.ts";
import { checkMemory } from "./check-memory.ts";
import { checkSupervision } from "./check-supervision.ts";
import { checkWindows } from "./check-windows.ts";
import { declaredChecks, type DeclaredCheck } from "./declared-checks.ts";
import type { Spec } from "./parse-spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

/** Looks that every service has of itself; see make-watch.ts. */
const reserved: Readonly<Record<string, string>> = {
  unit: "the look at its unit has it",
  recycle: "the look at its memory for heal.recycle has it",
};

/** Checks what shows that services work: that each check can fail, can be told apart, and can be carried out. */
export function checkHealth(spec: Spec): Diagnostic[] {
  return [
    ...checkWindows(spec),
    ...Object.entries(spec.services).flatMap(([name, service]) => {
      const checks = declaredChecks(service);
      return [
        ...checkIds(spec, name, checks),
        ...checks.flatMap((one) => checkOne(spec, name, service, one)),
        ...checkBoth(spec, name, service, checks),
        ...checkHeal(spec, name, service, checks),
        ...checkMemory(spec, name, service, checks),
      ];
    }),
    ...checkSupervision(spec),
  ];
}

function checkIds(spec: Spec, service: string, checks: readonly DeclaredCheck[]): Diagnostic[] {
  return checks.flatMap(({ id, common, path }, index): Diagnostic[] => {
    const named = common.name !== undefined;
    const at = spec.placeOf(
      ["services", service, ...path, ...(named ? ["name"] : [])],
      named ? "value" : "key",
    );
    const first = checks.findIndex((other) => other.id === id);
    const why = Object.hasOwn(reserved, id)
      ? reserved[id]
      : first < index
        ? "another check has it"
        : undefined;
    if (why === undefined) return [];
    const other = first < index ? spec.placeOf(["services", service, ...checks[first]!.path], "key") : null;
    return [
      {
        severity: "error",
        code: "spec/name-taken",
        summary: `Cannot use the name "${id}" for a check of service "${service}": ${why}`,
        at,
        ...(other ? { related: [{ at: other, note: "the other" }] } : {}),
        fix: "give it a name of its own, such as name: market-data",
      },
    ];
  });
}

function checkOne(spec: Spec, name: string, service: ServiceSpec, one: DeclaredCheck): Diagnostic[] {
  const { id, kind, check, path } = one;
  const whose = `check "${id}" of service "${name}"`;
  const at = spec.placeOf(["services", name, ...path], "key");
  const error = (code: string, summary: string, detail: string, fix: string): Diagnostic => ({
    severity: "error",
    code,
    summary,
    at,
    detail,
    fix,
  });
  const idle = (detail: string, fix: string): Diagnostic[] => [
    error("spec/checks-nothing", `Cannot use ${whose}: it could never fail`, detail, fix),
  ];
  switch (kind) {
    case "log":
    case "file": {
      const lines = check[kind]!;
      if (lines.fresh ?? lines["at-least"] ?? lines["at-most"]) return [];
      return idle("it needs fresh, at-least or at-most besides what it looks at", "add fresh: 5m");
    }
    case "tls": {
      const { to, file } = check.tls!;
      if ((to === undefined) !== (file === undefined)) return [];
      return to === undefined
        ? idle("it names neither a server nor a file", "add to: api.example.org:443")
        : [
            error(
              "spec/two-targets",
              `Cannot look both at a server and at a file with ${whose}`,
              "one of them would be left out",
              "make two checks of it",
            ),
          ];
    }
    case "sockets": {
      const { "at-least": least, "at-most": most } = check.sockets!;
      if (least === undefined && most === undefined)
        return idle("it needs at-least or at-most", "add at-most: 200");
      if (least === undefined || most === undefined || least <= most) return [];
      return [
        error(
          "spec/limits-cross",
          `Cannot meet ${whose}: at-least ${least} is more than at-most ${most}`,
          "it would always fail",
          "swap the two",
        ),
      ];
    }
    case "memory": {
      const { "at-most": most, growth } = check.memory!;
      if (most === undefined && growth === undefined)
        return idle("it needs at-most or growth", "add at-most: 80%");
      return [];
    }
    case "rpc":
      return checkVariable(spec, name, service, one);
    default:
      return [];
  }
}

/** An address behind a variable that is not there would be found out at the first look, on the host. */
function checkVariable(spec: Spec, name: string, service: ServiceSpec, one: DeclaredCheck): Diagnostic[] {
  const { url } = one.check.rpc!;
  const variable = url.slice(1);
  const { set = {}, require = [], file } = service.env ?? {};
  if (!url.startsWith("$") || Object.hasOwn(set, variable) || require.includes(variable)) return [];
  const somewhere = file !== undefined;
  return [
    {
      severity: somewhere ? "warning" : "error",
      code: "spec/unknown-variable",
      summary: somewhere
        ? `nothing promises that service "${name}" has the variable ${variable}, which check "${one.id}" takes its address from`
        : `Cannot ask at ${url}: service "${name}" has no variable ${variable}`,
      at: spec.placeOf(["services", name, ...one.path, "url"]),
      fix: somewhere
        ? `add it to env.require, so that apply looks for it: require: [${[...require, variable].join(", ")}]`
        : `set it in env.set, or name a file with it in env.file and the variable in env.require`,
    },
  ];
}

/** Two hearts: systemd would kill at its own time, and Holdfast at another. */
function checkBoth(
  spec: Spec,
  name: string,
  service: ServiceSpec,
  checks: readonly DeclaredCheck[],
): Diagnostic[] {
  const beat = checks.find(({ kind }) => kind === "beat");
  if (service.watchdog === undefined || beat === undefined) return [];
  return [
    {
      severity: "warning",
      code: "spec/two-heartbeats",
      summary: `service "${name}" has two heartbeats, and either can restart it: watchdog, which systemd judges, and check "${beat.id}"`,
      at: spec.placeOf(["services", name, ...beat.path], "key"),
      related: [{ at: spec.placeOf(["services", name, "watchdog"], "key"), note: "the other" }],
      fix: "keep the watchdog if the program speaks sd_notify, and the beat otherwise",
    },
  ];
}
