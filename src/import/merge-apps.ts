import { commonDirectory } from "./common-directory.ts";
import type { Key } from "../init/write-keys.ts";
import type { Imported, ImportedProgram } from "./imported.ts";
import { Names } from "./names.ts";

/**
 * Brings applications of one account under one spec. Two whose commands must stay as they are (units) are joined only if they
 * run in the same directory; whatever else joins them changes there by itself.
 */
export function mergeApps(apps: readonly Imported[]): Imported[] {
  const merged: Imported[] = [];
  for (const app of apps) {
    const index = merged.findIndex((other) => mayJoin(other, app));
    if (index === -1) merged.push(app);
    else merged[index] = join(merged[index]!, app);
  }
  return distinct(merged);
}

function mayJoin(a: Imported, b: Imported): boolean {
  if ((a.user?.value ?? null) !== (b.user?.value ?? null)) return false;
  const sameDirectory = a.directory.value === b.directory.value;
  if ((a.fixedDirectory ?? false) && (b.fixedDirectory ?? false) && !sameDirectory) return false;
  const group = ({ keys }: Imported): string =>
    JSON.stringify(keys.find(({ key }) => key[0] === "group")?.value ?? null);
  return group(a) === group(b) && !differs(a.keys, b.keys);
}

/** Two values for one key of the whole file, such as two zones. */
function differs(a: readonly Key[], b: readonly Key[]): boolean {
  const text = ({ value }: Key): string => JSON.stringify(value);
  return a.some((one) =>
    b.some((other) => one.key.join(".") === other.key.join(".") && text(one) !== text(other)),
  );
}

function join(a: Imported, b: Imported): Imported {
  const first = placed(a);
  const second = placed(b);
  const names = new Names([...first.services, ...first.jobs].map(({ name }) => name));
  const renamed = (list: readonly ImportedProgram[]): ImportedProgram[] =>
    list.map((program) => {
      const name = names.take(program.name);
      return name === program.name
        ? program
        : {
            ...program,
            name,
            notes: [...program.notes, `Was "${program.name}", a name that is taken here.`],
          };
    });
  const services = [...first.services, ...renamed(second.services)];
  const jobs = [...first.jobs, ...renamed(second.jobs)];
  const fixed = [a, b].find(({ fixedDirectory }) => fixedDirectory ?? false);
  const common = fixed?.directory.value ?? commonDirectory([...services, ...jobs]) ?? a.directory.value;
  const directory = [a, b].find((one) => one.directory.value === common)?.directory ?? {
    value: common,
    why: "where most of it runs",
  };
  const known = new Set(a.keys.map(({ key }) => key.join(".")));
  return {
    ...a,
    directory,
    services,
    jobs,
    keys: [...a.keys, ...b.keys.filter(({ key }) => !known.has(key.join(".")))],
    dropped: [...a.dropped, ...b.dropped],
    source: a.source === b.source ? a.source : `${a.source}, ${b.source}`,
    fixedDirectory: fixed !== undefined,
  };
}

/** Each program says where it runs, now that the application may run elsewhere. */
function placed(app: Imported): Imported {
  const place = (list: readonly ImportedProgram[]): ImportedProgram[] =>
    list.map((program) => ({ ...program, directory: program.directory ?? app.directory.value }));
  return { ...app, services: place(app.services), jobs: place(app.jobs) };
}

function distinct(apps: readonly Imported[]): Imported[] {
  const taken = new Set<string>();
  return apps.map((app) => {
    let name = app.app.value;
    for (let number = 2; taken.has(name); number++) name = `${app.app.value.slice(0, 36)}-${number}`;
    taken.add(name);
    return name === app.app.value ? app : { ...app, app: { ...app.app, value: name } };
  });
}
