import { ownUnit } from "../../compile/names.ts";
import { droppedDiagnostic } from "../describe-dropped.ts";
import type { Diagnostic } from "../../report/diagnostic.ts";
import type {
  Dropped,
  ForeignFile,
  Imported,
  ImportedProgram,
  ImportOptions,
  ImportResult,
} from "../imported.ts";
import { readUnits, type ReadUnit, type UnitOptions } from "./read-units.ts";
import type { Refusal } from "./refusals.ts";
import { appNameOf, programNames } from "./names.ts";
import { settle, type SettleOptions } from "./settle.ts";
import { directoryOf } from "./directory.ts";

export type { UnitOptions } from "./read-units.ts";

/**
 * Reads units of systemd with their drop-ins and timers; null when there is none among the files. What becomes of a unit says
 * the same as the unit did: this is compared for each (settle.ts), and a unit for which it is not so is refused.
 */
export function importUnits(
  files: readonly ForeignFile[],
  options: ImportOptions & UnitOptions,
): ImportResult | null {
  const read = readUnits(files, options);
  if (read === null) return null;
  const groups = Map.groupBy(read.programs, ({ account }) => JSON.stringify([account?.user, account?.group]));
  const refusals = [...read.refusals];
  const apps = [...groups.values()].flatMap((members, index) => {
    const made = makeApp(members, index === 0 ? read.dropped : [], options, groups.size);
    refusals.push(...made.refusals);
    return made.app ?? [];
  });
  return {
    apps,
    diagnostics: [
      ...refusals.map((one) => describeRefusal(one, apps.length > 0)),
      // Where no spec is written, there is none to list it in.
      ...(apps.length > 0 ? [] : read.dropped.map(droppedDiagnostic)),
    ],
  };
}

function makeApp(
  members: readonly ReadUnit[],
  dropped: readonly Dropped[],
  options: ImportOptions & UnitOptions,
  groups: number,
): { app: Imported | null; refusals: (Refusal & { unit: string })[] } {
  const units = members.map(({ unit }) => unit.name);
  const { account } = members[0]!;
  const wanted = options.app === undefined || groups === 1 ? options.app : `${options.app}-${account?.user}`;
  const app = wanted ?? appNameOf(units);
  const names = programNames(app, units);
  const directory = directoryOf(members);
  const refusals: (Refusal & { unit: string })[] = [];
  const programs: Record<"service" | "job", ImportedProgram[]> = { service: [], job: [] };
  for (const member of members) {
    const name = names.get(member.unit.name)!;
    const made = makeProgram(member, name, app, directory.value, options);
    if ("why" in made) {
      refusals.push({ ...made, unit: member.unit.name });
      continue;
    }
    programs[member.kind].push(made.program);
  }
  if (programs.service.length + programs.job.length === 0) return { app: null, refusals };
  const isRoot = !options.userScope && account?.user === "root";
  const imported: Imported = {
    app: { value: app, why: wanted === undefined ? "the names of the units" : "as it was asked for" },
    directory,
    user: account === null ? null : { value: account.user, why: account.why },
    keys: [
      ...(isRoot
        ? [
            {
              key: ["allow-root"],
              value: `as before: ${account.why}`,
              why: "a reason of your own would be better",
            },
          ]
        : []),
      ...(account?.group ? [{ key: ["group"], value: account.group, why: `Group=${account.group}` }] : []),
    ],
    services: programs.service,
    jobs: programs.job,
    dropped,
    source: units.length > 3 ? `${units.length} units of systemd` : units.join(", "),
  };
  return { app: imported, refusals };
}

function makeProgram(
  member: ReadUnit,
  name: string,
  app: string,
  directory: string,
  options: ImportOptions & UnitOptions,
): { program: ImportedProgram } | Refusal {
  const { unit, account } = member;
  const at = { file: unit.fragment.path, line: 1, column: 1, length: 1 };
  const settleOptions: SettleOptions = {
    systemd: options.systemd,
    userScope: options.userScope,
    zone: options.zone,
    directory,
    enabled: options.enabled?.get(unit.name) ?? null,
    timerEnabled: options.enabled?.get(member.timer?.unit.name ?? "") ?? null,
    // The home of whoever runs the service manager (systemd.unit(5), %h).
    home: options.userScope ? (options.homes?.get(options.account ?? "") ?? null) : "/root",
    user: account?.user ?? null,
    group: account?.group ?? null,
  };
  const { draft, changes } = settle({ ...member, name }, settleOptions);
  const [change] = changes;
  if (change) {
    const [section, key] = change.directive;
    const what =
      section === ""
        ? key
        : `${key}= of [${section}] would be ${shownList(change.after)}, not ${shownList(change.before)}`;
    return {
      at,
      why: `the spec cannot say all of it: ${what}`,
      todo: "write this one by hand: holdfast explain services",
    };
  }
  const keys = draft.keys.filter(
    ({ key, value }) => !(key.join() === "unit" && value === ownUnit(app, name)),
  );
  return {
    program: {
      name,
      at,
      notes: notesOf(
        member,
        keys.some(({ key }) => key[0] === "systemd"),
      ),
      keys,
    },
  };
}

function notesOf({ unit, timer, kind, force }: ReadUnit, hasDirectives: boolean): string[] {
  const dropIns = unit.own.map(({ path }) => path);
  const files = [unit.fragment.path, ...dropIns, ...(timer ? [timer.unit.fragment.path] : [])];
  const ends =
    kind === "job" &&
    timer === null &&
    force.sections.get("Service")?.get("Type")?.at(-1)?.value === "oneshot";
  return [
    `From ${files.join(", ")}.`,
    ...(ends ? ["It runs once and ends, so it is a job: every run is recorded."] : []),
    ...(unit.shared.length > 0
      ? [`${unit.shared.map(({ path }) => path).join(", ")} goes on counting: other units have it, too.`]
      : []),
    ...(hasDirectives ? ["What the spec has no key for stands below systemd:, as systemd reads it."] : []),
  ];
}

function shownList(values: readonly string[]): string {
  return values.length === 0 ? "left out" : values.join(" | ");
}

function describeRefusal({ unit, at, why, todo }: Refusal & { unit: string }, others: boolean): Diagnostic {
  return {
    severity: others ? "warning" : "error",
    code: "import/unit-refused",
    summary: `Cannot bring over ${unit}: ${why}`,
    at,
    ...(todo === "nothing" ? {} : { fix: todo }),
  };
}
