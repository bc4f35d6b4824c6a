import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import { commonDirectory } from "../common-directory.ts";
import type { Dropped, Imported, ImportedProgram, Importer, ImportOptions } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { makeProgram } from "./program.ts";
import { readIni, type IniSection } from "./read-ini.ts";

const mostProcesses = 100;

type Found = { section: IniSection; file: string };
type Group = { user: string | null; why: string; services: ImportedProgram[]; dropped: Dropped[] };

/** Imports the programs of supervisord; its own settings, groups and event listeners are named. */
export const importSupervisord: Importer = (files, options) => {
  const diagnostics: Diagnostic[] = [];
  const sections: Found[] = [];
  for (const { path, text } of files) {
    const read = readIni(path, text);
    diagnostics.push(...read.diagnostics);
    sections.push(...read.sections.map((section) => ({ section, file: path })));
  }
  const programs = sections.filter(({ section }) => section.name.startsWith("program:"));
  const own = sections.find(({ section }) => section.name === "supervisord")?.section;
  const app =
    options.app ??
    nameOf(
      files.map(({ path }) => path),
      programs,
      groupsIn(sections),
    );
  const groups = new Map<string, Group>();
  const names = new Names();
  const inGroup = groupNames(sections);
  for (const { section, file } of programs) {
    const account = accountOf(section, own, app, options);
    const group = groups.get(account.user ?? "") ?? { ...account, services: [], dropped: [] };
    groups.set(account.user ?? "", group);
    for (const process of processesOf(section)) {
      const name = names.take(process.name);
      const made = makeProgram({
        app: groups.size === 1 ? app : `${app}-${slugOf(account.user ?? "")}`,
        name,
        section,
        known: {
          here: posix.dirname(file),
          program_name: process.program,
          group_name: inGroup.get(process.program) ?? process.program,
          process_num: process.number,
          numprocs: process.count,
          host_node_name: "localhost",
        },
        directory: own?.values.get("directory")?.value ?? "/",
      });
      group.dropped.push(...made.dropped);
      if ("program" in made)
        group.services.push({
          ...made.program,
          aliases: [process.program, `${inGroup.get(process.program) ?? process.program}:${process.name}`],
        });
    }
  }
  const [first] = groups.values();
  const rest = sections.flatMap(({ section }) => notCarried(section));
  first?.dropped.push(...rest);
  if (!first && sections.length > 0)
    diagnostics.push({
      severity: "error",
      code: "import/no-program",
      summary: "Cannot import a configuration of supervisord without a [program:...]",
      at: sections[0]!.section.at,
      fix: "name the files of [include], too, such as /etc/supervisor/conf.d",
    });
  return {
    apps: [...groups.values()].map((group, index) =>
      finish(
        group,
        index === 0 ? app : `${app}-${slugOf(group.user ?? "")}`,
        files.map(({ path }) => path),
      ),
    ),
    diagnostics,
  };
};

function nameOf(paths: readonly string[], programs: readonly Found[], groups: readonly string[]): string {
  const file = slugOf(baseName(paths[0] ?? "").replace(/\.(conf|ini)$/, ""));
  if (groups.length === 1 && slugOf(groups[0]!) !== "") return slugOf(groups[0]!);
  if (paths.length === 1 && file !== "" && !/^supervisord?$/.test(file)) return file;
  return slugOf(programs[0]?.section.name.slice("program:".length) ?? "") || "app";
}

function accountOf(
  section: IniSection,
  own: IniSection | undefined,
  app: string,
  options: ImportOptions,
): { user: string | null; why: string } {
  if (options.userScope) return { user: null, why: "" };
  const user = section.values.get("user")?.value;
  if (user !== undefined && !/^\d+$/.test(user)) return { user, why: "user=" };
  // Never root for want of a name.
  if (user !== undefined && user !== "0")
    return { user: app.slice(0, 28), why: `user=${user} is a number: put the name of that account here` };
  const above = own?.values.get("user")?.value;
  if (above !== undefined) return { user: above, why: "user= of [supervisord]" };
  return { user: options.account ?? "root", why: "it named none, so it ran as supervisord did" };
}

type Process = { name: string; program: string; number: number; count: number };

function processesOf(section: IniSection): Process[] {
  const program = section.name.slice("program:".length).trim();
  const written = section.values.get("numprocs")?.value ?? "1";
  const count = Math.min(mostProcesses, /^\d+$/.test(written) ? Number(written) : 1);
  const first = Number(section.values.get("numprocs_start")?.value ?? 0) || 0;
  if (count <= 1) return [{ name: program, program, number: first, count: 1 }];
  return Array.from({ length: count }, (_, index) => ({
    name: `${program}-${first + index}`,
    program,
    number: first + index,
    count,
  }));
}

function groupNames(sections: readonly Found[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { section } of sections)
    if (section.name.startsWith("group:"))
      for (const program of (section.values.get("programs")?.value ?? "").split(","))
        names.set(program.trim(), section.name.slice("group:".length));
  return names;
}

function groupsIn(sections: readonly Found[]): string[] {
  return sections.flatMap(({ section: { name } }) =>
    name.startsWith("group:") ? [name.slice("group:".length)] : [],
  );
}

/** Sections that are no program, and what takes their place. */
function notCarried(section: IniSection): Dropped[] {
  const { name, at } = section;
  const kind = name.split(":")[0]!;
  const command = section.values.get("command")?.value ?? "";
  const one = (why: string, todo: string): Dropped[] => [{ at, what: `[${name}]`, why, todo }];
  switch (kind) {
    case "group":
      return one("all programs of a spec are one group already", "nothing");
    case "eventlistener":
      return one(
        "it speaks supervisord's own protocol, which nothing speaks here",
        /memmon/.test(command)
          ? "use heal: { recycle: 500M } of the service it watched"
          : /httpok/.test(command)
            ? "use health: [{ http: ... }] of the service it watched"
            : /crash(mail|sms)/.test(command)
              ? "use notify: crashes are told there"
              : "see whether health, heal or notify says the same",
      );
    case "fcgi-program":
      return one(
        "supervisord opens its socket, and a spec has no socket units",
        "write a .socket unit beside it",
      );
    case "include":
      return one(
        "only the files that are named are read",
        `name them, too: holdfast import ${section.values.get("files")?.value ?? "FILE"}`,
      );
    case "inet_http_server":
      return one("nothing listens for commands here", "use holdfast over ssh");
    default:
      return [];
  }
}

function finish({ user, why, services, dropped }: Group, app: string, paths: readonly string[]): Imported {
  const directory = commonDirectory(services) ?? "/";
  return {
    app: { value: app, why: "after the file; units are named after it" },
    directory: { value: directory, why: "directory=, of most" },
    user: user === null ? null : { value: user, why },
    keys:
      user === "root"
        ? [{ key: ["allow-root"], value: "supervisord ran it as root", why: "better: an account of its own" }]
        : [],
    services,
    jobs: [],
    dropped,
    source: paths.join(", "),
  };
}
