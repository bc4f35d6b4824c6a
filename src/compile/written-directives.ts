import { directiveIn } from "../unit/directives.ts";
import type { PathOf, ProgramKeys } from "./program.ts";
import type { UnitBuilder } from "./unit-builder.ts";

type Section = "Unit" | "Service" | "Timer" | "TimerUnit" | "TimerInstall" | "Install";

/** Values by directive, as they stand below a section of systemd:. */
export type Written = Readonly<Record<string, string | readonly string[]>>;

/**
 * Lists that systemd gathers from all their lines, and of which Holdfast needs its own: what is written comes on top. Any
 * other directive takes the place of Holdfast's.
 */
const gathered = new Set([
  "After",
  "Before",
  "Wants",
  "Requires",
  "OnFailure",
  "Documentation",
  "AssertPathExists",
  "ExecCondition",
  "ExecStartPre",
  "ExecStopPost",
  "Environment",
  "EnvironmentFile",
  "UnsetEnvironment",
  "LoadCredential",
  "LoadCredentialEncrypted",
  "ReadWritePaths",
  "RuntimeDirectory",
  "OnCalendar",
]);

/** Adds the directives of systemd: to a unit, exactly as they are written. They come last, so that Holdfast's own are known. */
export function addWritten(
  unit: UnitBuilder,
  sections: readonly Section[],
  program: Pick<ProgramKeys, "defaults"> & {
    systemd?: Partial<Record<Section, Written | undefined>> | undefined;
  },
  path: PathOf,
): void {
  for (const block of sections)
    for (const [key, value] of Object.entries(program.systemd?.[block] ?? {})) {
      const cause = path("systemd", block, key);
      const section = block.replace(/^Timer(?=.)/, "");
      const info = directiveIn(section, key);
      if (info !== null && unit.systemd < info.since) {
        unit.lose(`${key}= needs systemd ${info.since}, this host has ${unit.systemd}`, cause);
        continue;
      }
      if (!gathered.has(key)) replace(unit, section, key, cause, program.defaults === "systemd");
      for (const one of typeof value === "string" ? [value] : value)
        unit.addWritten(section, key, one, cause);
    }
}

/** Nobody is told of what stands for Holdfast's words about the same: run: says what it runs. */
function replace(
  unit: UnitBuilder,
  section: string,
  key: string,
  cause: (string | number)[],
  isKept: boolean,
): void {
  const own = unit.takeOut(section, key);
  if (own.length === 0 || (isKept && /^(ExecStart|Description|WantedBy)$/.test(key))) return;
  unit.warn(
    "compile/replaced",
    `systemd: takes the place of ${own.map((value) => `${key}=${value}`).join(" and ")}, which Holdfast would write`,
    unit.placeOf(cause),
    `remove it to have Holdfast's own, or keep it and know that it is yours`,
  );
}
