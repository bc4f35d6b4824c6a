import { basename } from "node:path";
import { readBoolean } from "../../unit/read-value.ts";
import { Settings } from "../../unit/settings.ts";
import type { Dropped, ForeignFile, ImportOptions } from "../imported.ts";
import { accountOf, type Account } from "./account.ts";
import type { Source } from "./draft.ts";
import { inForce, type InForce } from "./in-force.ts";
import { refuseAccount, refuseFile, refuseUnit, type Refusal } from "./refusals.ts";
import { Taking } from "./taking.ts";
import { refuseTimer, startedBy } from "./timer.ts";
import { groupUnits, type FoundUnit } from "./unit-files.ts";

export type UnitOptions = {
  /** The version of systemd that has read the units. */
  systemd: number;
  /** The unit of a file that has another name, such as an instance of a template; by path. */
  names?: ReadonlyMap<string, string> | undefined;
  /** Whether units start at boot, by name, where the host was asked. */
  enabled?: ReadonlyMap<string, boolean> | undefined;
};

/** A unit that can become a service or a job; without an account in user scope. */
export type ReadUnit = Omit<Source, "name"> & { account: Account | null };

export type ReadUnits = {
  programs: readonly ReadUnit[];
  refusals: readonly (Refusal & { unit: string })[];
  dropped: readonly Dropped[];
};

/** Reads files as units, and tells services from jobs; null when there is no unit among them. */
export function readUnits(
  files: readonly ForeignFile[],
  options: ImportOptions & UnitOptions,
): ReadUnits | null {
  const { units, lone } = groupUnits(files, options.names);
  if (units.length === 0 && lone.length === 0) return null;
  const forces = new Map(units.map((unit) => [unit, inForce(unit, options.systemd)]));
  const forceOf = (unit: FoundUnit): InForce => forces.get(unit)!;
  const services = units.filter(({ type }) => type === "service");
  const timers = units.filter(({ type }) => type === "timer");
  const refusals: ReadUnits["refusals"][number][] = [];
  const programs: ReadUnit[] = [];
  const dropped: Dropped[] = [...lone.map(loneDropIn), ...units.flatMap(otherType)];
  const used = new Set<FoundUnit>();
  for (const unit of services) {
    const force = forceOf(unit);
    const taking = new Taking(unit, force);
    const refusal =
      refuseFile(unit) ??
      refuseUnit(taking) ??
      (options.userScope ? refuseAccount(taking) : null) ??
      refuseSharedOrder(unit);
    const account = options.userScope ? null : accountOf(taking);
    const at = { file: unit.fragment.path, line: 1, column: 1, length: 1 };
    if (refusal || (account !== null && "trouble" in account)) {
      refusals.push({
        unit: unit.name,
        ...(refusal ?? {
          at,
          why: (account as { trouble: string }).trouble,
          todo: (account as { todo: string }).todo,
        }),
      });
      continue;
    }
    dropped.push(...force.dropped);
    const starting = timers
      .filter((timer) => startedBy(timer, forceOf(timer)) === unit.name)
      .toSorted((a, b) => Number(sharesName(b, unit)) - Number(sharesName(a, unit)));
    const gated = whyNoGate(taking, force);
    const fitting =
      gated === null ? starting.find((timer) => refuseTimer(forceOf(timer)) === null) : undefined;
    if (fitting) {
      used.add(fitting);
      dropped.push(...forceOf(fitting).dropped);
    }
    programs.push({
      unit,
      force,
      account,
      timer: fitting ? { unit: fitting, force: forceOf(fitting) } : null,
      kind: fitting || (gated === null && ends(taking)) ? "job" : "service",
    });
    for (const timer of starting)
      if (timer !== fitting) {
        used.add(timer);
        dropped.push(staying(timer, gated ?? refuseTimer(forceOf(timer)) ?? "its job has a timer already"));
      }
  }
  for (const timer of timers)
    if (!used.has(timer))
      dropped.push(
        staying(timer, `what it starts, ${startedBy(timer, forceOf(timer))}, is not brought over`),
      );
  return { programs, refusals, dropped };
}

function sharesName(timer: FoundUnit, unit: FoundUnit): boolean {
  return timer.name.replace(/\.timer$/, "") === unit.name.replace(/\.service$/, "");
}

/** Does it do one thing and end? systemd then takes it for inactive, and a service that is inactive is no service. */
function ends(taking: Taking): boolean {
  return (
    taking.value(["Service", "Type"]) === "oneshot" &&
    readBoolean(taking.value(["Service", "RemainAfterExit"]) ?? "no") !== true
  );
}

/** Why the gate of a job cannot be before it; null when it can. */
function whyNoGate(taking: Taking, force: InForce): string | null {
  if (readBoolean(taking.value(["Unit", "DefaultDependencies"]) ?? "yes") === false)
    return "it may start before the file systems that the record of runs is on (DefaultDependencies=no)";
  const environment = (force.sections.get("Service")?.get("Environment") ?? [])
    .map(({ value }) => value)
    .join(" ");
  const loader = /\b(LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|GCONV_PATH|LOCPATH|GLIBC_TUNABLES)=/.exec(
    environment,
  )?.[1];
  return loader === undefined ? null : `its ${loader} would steer the gate of a job, which runs as root`;
}

/** A drop-in of its own that comes after a shared one cannot become part of the unit's file, which comes before it. */
function refuseSharedOrder(unit: FoundUnit): Refusal | null {
  for (const shared of unit.shared)
    for (const own of unit.own) {
      if (basename(own.path) <= basename(shared.path)) continue;
      const names = new Set(new Settings([shared]).written.map(({ section, key }) => `${section}.${key}`));
      const both = new Settings([own]).written.find(({ section, key }) => names.has(`${section}.${key}`));
      if (both)
        return {
          at: { file: own.path, line: both.line, column: 1, length: 1 },
          why: `${both.key}= here overrules ${shared.path}, which other units have, too, and would not any more`,
          todo: "take the directive out of one of the two",
        };
    }
  return null;
}

function staying(timer: FoundUnit, why: string): Dropped {
  return {
    at: { file: timer.fragment.path, line: 1, column: 1, length: 1 },
    what: timer.name,
    why: `it stays as it is: ${why}`,
    todo: "nothing",
  };
}

function otherType(unit: FoundUnit): Dropped[] {
  if (unit.type === "service" || unit.type === "timer") return [];
  return [
    {
      at: { file: unit.fragment.path, line: 1, column: 1, length: 1 },
      what: unit.name,
      why: `it stays as it is: the spec has no ${unit.type} units, and a service that keeps its name goes on being started by it`,
      todo: "nothing",
    },
  ];
}

function loneDropIn({ path }: ForeignFile): Dropped {
  return {
    at: { file: path, line: 1, column: 1, length: 1 },
    what: basename(path),
    why: "the unit that it belongs to is not among the files",
    todo: "name the unit, and its drop-ins are read with it",
  };
}
