import { listOf, textOf } from "../host/properties.ts";
import { processesIn } from "../host/control-group.ts";
import type { Properties } from "../host/host.ts";
import { readHidden } from "../observe/secrets-in-text.ts";
import { holdersOfSecrets, type Desired, type DesiredService } from "../plan/desired.ts";
import type { Spec } from "../spec/spec.ts";
import { serviceExecKeys } from "../unit/exec-line.ts";
import type { Hidden } from "../value/redact.ts";
import type { Audit, AuditedApp, AuditedProgram, DeclaredHardening, UnitCommand } from "./facts.ts";
import { assignments } from "./secrets-in-units.ts";
import { isSecretVariable } from "./secret-lines.ts";

const asked = [
  "LoadState",
  "FragmentPath",
  "DropInPaths",
  "ControlGroup",
  "Environment",
  "EnvironmentFiles",
  ...serviceExecKeys.map((key) => `${key}Ex`),
];

/** What all subjects need to know of an application: what systemd has in force, or what the spec says where it has nothing. */
export async function readFacts(
  audit: Audit,
  desired: Desired,
  spec: Spec | null,
  specDirectory: string | null,
): Promise<AuditedApp> {
  const programs = await Promise.all(
    desired.services.map((service) => readProgram(audit, desired, service, spec)),
  );
  return {
    app: desired.app,
    desired,
    uid:
      desired.user === null ? (audit.scope === "user" ? audit.self : null) : audit.accounts.uid(desired.user),
    programs,
    known: await readKnown(audit, desired),
    specDirectory,
  };
}

async function readProgram(
  audit: Audit,
  desired: Desired,
  service: DesiredService,
  spec: Spec | null,
): Promise<AuditedProgram> {
  const artifact = desired.artifacts.find(
    (one) => one.service === service.name && one.unit === service.unit,
  )!;
  const properties = await audit.host.systemd.properties(service.unit, asked).catch((): Properties => ({}));
  const loaded = textOf(properties, "LoadState") === "loaded";
  const lines = artifact.directives.filter(({ key }) => key === "Environment").map(({ value }) => value);
  const environment = loaded
    ? listOf(properties, "Environment").map((entry) => entry.split(/=(.*)/s, 2) as [string, string])
    : lines.flatMap(assignments);
  return {
    service,
    artifact,
    loaded,
    properties,
    commands: loaded
      ? serviceExecKeys.flatMap((key) => commandsOf(properties, key))
      : [
          {
            key: "ExecStart",
            path: service.program,
            argv: [service.program, ...service.arguments],
            asRoot: false,
          },
        ],
    environment: new Map(environment),
    pids: await processesIn(audit.host.files, textOf(properties, "ControlGroup")),
    dropIns: await readDropIns(audit, listOf(properties, "DropInPaths")),
    hardening: spec === null ? null : declaredHardening(spec, service),
  };
}

/** Only the names of what they set: a value may be a secret. */
async function readDropIns(audit: Audit, paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const { text } = await audit.look.text(path);
    for (const [, key = ""] of (text ?? "").matchAll(/^\s*([A-Za-z]+)\s*=/gm)) found.set(key, path);
  }
  return found;
}

/** org.freedesktop.systemd1(5): path, words, flags, and times of the last run. */
function commandsOf(properties: Properties, key: string): UnitCommand[] {
  const list = properties[`${key}Ex`];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry): UnitCommand[] => {
    if (!Array.isArray(entry)) return [];
    const [path, argv, flags] = entry as unknown as readonly [unknown, unknown, unknown];
    if (typeof path !== "string" || !Array.isArray(argv)) return [];
    const marks = Array.isArray(flags) ? (flags as readonly unknown[]) : [];
    const asRoot = marks.some((flag) => flag === "privileged" || flag === "no-setuid" || flag === "ambient");
    return [{ key, path, argv: argv as readonly string[], asRoot }];
  });
}

function declaredHardening(spec: Spec, { name, job }: DesiredService): DeclaredHardening | null {
  const program = job === null ? spec.services[name] : spec.jobs[name];
  const hardening = program?.hardening;
  if (hardening === undefined) return { level: "strict", allow: [], at: null };
  const at = spec.placeOf([job === null ? "services" : "jobs", name, "hardening"]);
  if (typeof hardening === "string") return { level: hardening, allow: [], at };
  return {
    level: hardening.level ?? "strict",
    allow: "allow" in hardening ? (hardening.allow ?? []) : [],
    at,
  };
}

/** The application's secrets: credentials, and of environment files what is secret by its name or looks so. null when some may not be read. */
async function readKnown(audit: Audit, desired: Desired): Promise<readonly Hidden[] | null> {
  const envFiles = [...new Set(desired.services.flatMap((service) => service.envFiles))];
  const secrets = holdersOfSecrets(desired).flatMap((holder) => holder.secrets);
  const each = new Map(secrets.map((one) => [one.encrypted ?? one.source, one]));
  try {
    const hidden = await readHidden(audit.host, { envFiles, secrets: [...each.values()] });
    if (hidden === null) return null;
    const credentials = new Set(secrets.map(({ id }) => id));
    return hidden.filter(
      ({ name, value }) => credentials.has(name) || isSecretVariable(name, value.reveal()),
    );
  } catch {
    return null;
  }
}
