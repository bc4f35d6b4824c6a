import { posix } from "node:path";
import { slugOf } from "../spec/slug.ts";
import type { Key, SpecData } from "../init/write-keys.ts";
import { fromCommand, logFilesOf } from "./from-command.ts";
import type { Dropped, Imported, ImportedProgram, ImportOptions, Watchdog } from "./imported.ts";
import { Names, nameOfCommand } from "./names.ts";
import { takeApart } from "./shell/take-apart.ts";

/** Puts the checks and heals of each watchdog to the service that it watched, wherever that was imported from. */
export function linkWatchdogs(
  apps: readonly Imported[],
  watchdogs: readonly Watchdog[],
  options: ImportOptions,
): Imported[] {
  let linked = [...apps];
  for (const watchdog of watchdogs)
    linked = link(linked.length === 0 ? [emptyApp(watchdog, options)] : linked, watchdog, options);
  return linked;
}

/** For a watchdog that came alone: an application of what it starts, or of what it lost. */
function emptyApp({ start, at, user, targets }: Watchdog, options: ImportOptions): Imported {
  const name = start === null ? targets[0]?.name : nameOfCommand(takeApart(start.command).run);
  const account = user ?? options.account ?? "root";
  return {
    app: {
      value: options.app ?? (slugOf(name ?? "") || "app"),
      why: "after what it watched; units are named after it",
    },
    directory: { value: posix.resolve("/", start?.directory ?? "/"), why: "where the watchdog started it" },
    user: options.userScope ? null : { value: account, why: "the account of the watchdog" },
    keys:
      options.userScope || account !== "root"
        ? []
        : [
            {
              key: ["allow-root"],
              value: "its watchdog ran it as root",
              why: "better: an account of its own",
            },
          ],
    services: [],
    jobs: [],
    dropped: [],
    source: at.file,
  };
}

function link(apps: Imported[], watchdog: Watchdog, options: ImportOptions): Imported[] {
  for (const [index, app] of apps.entries()) {
    const service = app.services.find((one) => isWatched(one, watchdog, app));
    if (service === undefined) continue;
    const services = app.services.map((one) => (one === service ? watched(one, watchdog) : one));
    return apps.with(index, { ...app, services, dropped: [...app.dropped, ...watchdog.dropped] });
  }
  const home = apps.findIndex(({ user }) => (user?.value ?? null) === watchdog.user);
  const index = home === -1 ? 0 : home;
  const app = apps[index]!;
  const own = watchdog.start === null ? null : ownService(app, watchdog, options);
  if (own === null)
    return apps.with(index, { ...app, dropped: [...app.dropped, notFound(watchdog), ...watchdog.dropped] });
  return apps.with(index, {
    ...app,
    services: [...app.services, watched(own.service, watchdog)],
    dropped: [...app.dropped, ...own.dropped, ...watchdog.dropped],
  });
}

function isWatched(service: ImportedProgram, { targets }: Watchdog, app: Imported): boolean {
  const names = new Set([service.name, `${app.app.value}-${service.name}`, ...(service.aliases ?? [])]);
  if (service.name === app.app.value || app.services.length === 1) names.add(app.app.value);
  const run = service.keys.find(({ key }) => key.join(".") === "run")?.value;
  const command = Array.isArray(run) ? run.join(" ") : typeof run === "string" ? run : "";
  return targets.some(({ manager, name }) => {
    if (manager === "process") return matches(name, command);
    return names.has(name) || names.has(`${name}.service`) || names.has(name.split(":").at(-1)!);
  });
}

/** As pgrep -f looks at a command line; the words are a pattern to it. */
function matches(pattern: string, command: string): boolean {
  const parts = pattern.split(/\.\*|\s+/).filter((part) => part !== "");
  return (
    parts.length > 0 &&
    parts.every((part) => command.includes(part.replace(/^\[(.)\]/, "$1").replaceAll("\\", "")))
  );
}

/** The service with what the watchdog did. A log that is in the journal now is looked at there. */
function watched(service: ImportedProgram, { keys, notes }: Watchdog): ImportedProgram {
  const gone = new Set(service.logFiles ?? []);
  const result = [...service.keys];
  for (const key of keys) {
    const same = result.findIndex((other) => other.key.join(".") === key.key.join("."));
    const value = key.key[0] === "health" ? inJournal(key.value, gone) : key.value;
    if (same === -1) result.push({ ...key, value });
    else if (key.key[0] === "health") result[same] = joinLists(result[same]!, { ...key, value });
    else if (key.key[0] !== "restart" || result[same]!.value === "never") result[same] = { ...key, value };
  }
  // What @reboot started once was kept alive by the watchdog.
  const alive = keys.some(({ key }) => key[0] === "restart")
    ? result.filter(({ key }) => key[0] !== "start")
    : result;
  return { ...service, keys: alive, notes: [...service.notes, ...notes] };
}

function joinLists(first: Key, second: Key): Key {
  const list = (value: SpecData): readonly SpecData[] =>
    Array.isArray(value) ? (value as readonly SpecData[]) : [value];
  return {
    ...first,
    value: [...list(first.value), ...list(second.value)],
    why: [first.why, second.why].filter((why) => why !== undefined).join("; "),
  };
}

function inJournal(value: SpecData, gone: ReadonlySet<string>): SpecData {
  if (!Array.isArray(value)) return value;
  return (value as readonly SpecData[]).map((check) => {
    const file = (check as { file?: { path: string } & Record<string, SpecData> }).file;
    if (file === undefined || !gone.has(file.path)) return check;
    const { path: _, ...rest } = file;
    return { log: rest };
  });
}

/** A watchdog that killed and started a program was its only supervisor: the program becomes a service. */
function ownService(
  app: Imported,
  { start, at, targets }: Watchdog,
  options: ImportOptions,
): { service: ImportedProgram; dropped: Dropped[] } | null {
  if (start === null) return null;
  const directory = start.directory ?? app.directory.value;
  const home = options.homes?.get(app.user?.value ?? "");
  const known = home === undefined ? new Map<string, string>() : new Map([["HOME", home]]);
  const taken = takeApart(start.command, { known, directory });
  const names = new Names([...app.services, ...app.jobs].map(({ name }) => name));
  const process = targets.find(({ manager }) => manager === "process")?.name;
  const wanted = nameOfCommand(taken.run) || process || "program";
  const name = names.take(wanted);
  const made = fromCommand(taken, {
    app: app.app.value,
    name,
    at: start.at,
    why: "how the watchdog started it",
    hardening: "as free as it was; holdfast harden finds what it needs",
  });
  return {
    service: {
      name,
      at,
      notes: made.notes,
      directory: made.directory ?? directory,
      logFiles: logFilesOf({ ...taken, directory: taken.directory ?? directory }),
      keys: [
        ...made.keys,
        { key: ["restart", "on"], value: "always", why: "the watchdog started it whenever it was gone", at },
      ],
    },
    dropped: made.dropped,
  };
}

/** Nothing of the service is known, so its checks are written down for whoever imports it. */
function notFound({ targets, keys, at }: Watchdog): Dropped {
  const units = targets
    .filter(({ manager }) => manager === "systemd")
    .map(({ name }) => `/etc/systemd/system/${name}.service`);
  const names = targets.map(({ manager, name }) => `${manager} ${name}`).join(", ");
  const checks = keys.map(({ key, value }) => `${key.join(".")}: ${JSON.stringify(value)}`).join(" ");
  return {
    at,
    what: `the watchdog of ${names === "" ? "a program" : names}`,
    why: `what it watched is not among the files; it would be ${checks === "" ? "nothing that systemd does not do by itself" : checks}`,
    todo:
      units.length > 0
        ? `import both together: holdfast import ${units.join(" ")} ${at.file}`
        : "import it together with the file that describes the program",
  };
}
