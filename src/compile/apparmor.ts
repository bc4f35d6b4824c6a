import { dirname } from "node:path";
import { runtimeOf } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import { appArmorProfile, isBelow, type ProfileFacts } from "./apparmor-profile.ts";
import { ownershipMarker, type Artifact, type Directive } from "./artifact.ts";
import { hardeningOf } from "./hardening.ts";
import { resolvePath, writtenPaths } from "./spec-paths.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import type { Target } from "./target.ts";
import type { UnitBuilder } from "./unit-builder.ts";

const directive = "AppArmorProfile";

/** The profile of one service or job, as the kernel lists it. */
export function profileName(app: string, program: string): string {
  return `holdfast.${app}-${program}`;
}

/**
 * Has systemd put the program under its profile, where it is asked for and the host can do it. By name: a profile that
 * hangs on the path of a program confines nothing when another program is run.
 */
export function addAppArmor(
  unit: UnitBuilder,
  spec: Spec,
  service: ProgramKeys,
  target: Target,
  path: PathOf,
): void {
  const { hardening } = service;
  if (typeof hardening !== "object" || !("apparmor" in hardening) || hardening.apparmor !== true) return;
  const cause = path("hardening", "apparmor");
  const why =
    target.scope === "user"
      ? "user services cannot change their AppArmor profile"
      : {
          yes: null,
          "no-kernel": "the kernel of this host runs without AppArmor",
          "no-parser": "apparmor_parser is missing (Debian: apt-get install apparmor)",
        }[target.appArmor];
  if (why === null) {
    unit.add("Service", directive, profileName(spec.app, String(path()[1])), cause);
    // It loads the profiles at boot; where nobody has enabled it, the program could not be started after a reboot.
    for (const key of ["Wants", "After"]) unit.add("Unit", key, "apparmor.service", cause);
  } else
    unit.lose(
      `hardening.apparmor is not available on this host: ${why}; the rest of the sandbox is in force`,
      cause,
    );
}

/** The profiles that the units of services and jobs name. */
export function compileProfiles(spec: Spec, units: readonly Artifact[], target: Target): Artifact[] {
  return units.flatMap((unit): Artifact[] => {
    const [name] = valuesOf(unit.directives, directive);
    const program = spec.services[unit.service ?? ""] ?? spec.jobs[unit.service ?? ""];
    // One that is named below systemd: is somebody else's.
    if (name === undefined || program === undefined || !name.startsWith("holdfast.")) return [];
    return [
      {
        kind: "apparmor",
        path: `${target.settingsDirectory}/apparmor.d/${name}`,
        mode: 0o644,
        text: `${ownershipMarker(spec.app)}\n\n${appArmorProfile(factsOf(spec, program, unit, name))}`,
        directives: [],
      },
    ];
  });
}

/** What systemd makes below which root. */
const ownDirectories = {
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
  RuntimeDirectory: "/run",
} as const;

/** The same facts as the sandbox has: what the unit says where it says it, and what the spec declares. */
function factsOf(spec: Spec, service: ProgramKeys, unit: Artifact, name: string): ProfileFacts {
  const values = (key: string): string[] => valuesOf(unit.directives, key);
  const { allow } = hardeningOf(spec, service);
  const programs = [service.run, ...(service["before-start"] ?? []), ...(service["after-stop"] ?? [])]
    .filter(([program = ""]) => program.includes("/"))
    .map(([program = ""]) => resolvePath(spec, program));
  const families = values("RestrictAddressFamilies").at(-1);
  const made = Object.entries(ownDirectories).flatMap(([key, root]) =>
    values(key).flatMap((names) => words(names).map((one) => `${root}/${one.split(":")[0]}`)),
  );
  const written = [...writtenPaths(spec, service), ...made];
  const read = (service["needs-files"] ?? []).map((file) => resolvePath(spec, file));
  const elsewhere = programs
    .flatMap(treeOf)
    .filter((path) => (spec.directory === "/" || !isBelow(path, spec.directory)) && path !== "/usr");
  return {
    name,
    unit: unit.unit!,
    runtime: runtimeOf(service).name,
    trees: [spec.directory, ...elsewhere].filter((path) => path !== "/"),
    read,
    written: written.filter((path) => path !== "/"),
    programs,
    privateTmp: values("PrivateTmp").includes("yes"),
    devices: !values("PrivateDevices").includes("yes"),
    families: service.network === "none" ? ["AF_UNIX"] : families === undefined ? null : words(families),
    capabilities:
      spec.user === "root" || allow.has("setuid") || allow.has("namespaces")
        ? null
        : values("AmbientCapabilities").flatMap(words),
    mounts: allow.has("namespaces"),
    secrets: Object.keys(service.secrets ?? {}).length > 0,
    home: [spec.directory, ...written, ...read, ...programs].some((path) =>
      /^\/(home|root)(\/|$)/.test(path),
    ),
  };
}

/** Of a program outside of the usual places, what is installed with it: /opt/node/bin/node has its library beside bin. */
function treeOf(program: string): string[] {
  const directory = dirname(program);
  return [directory.endsWith("/bin") ? dirname(directory) : directory];
}

function valuesOf(directives: readonly Directive[], key: string): string[] {
  return directives.filter((one) => one.section === "Service" && one.key === key).map(({ value }) => value);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
