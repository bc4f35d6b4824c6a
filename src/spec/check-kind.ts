import type { Diagnostic } from "../report/diagnostic.ts";
import type { DeclaredCheck } from "./declared-checks.ts";
import type { Spec } from "./spec.ts";
import type { ServiceSpec } from "./service-schema.ts";

/** Checks what belongs together in one kind of check: that it can fail, and that it can be carried out. */
export function checkKind(spec: Spec, name: string, service: ServiceSpec, one: DeclaredCheck): Diagnostic[] {
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
