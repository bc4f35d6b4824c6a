import { dirname, join } from "node:path";
import type { Files, FileStat, Host, RunResult } from "../host/host.ts";
import { Accounts } from "./accounts.ts";
import type { Audit, AuditedApp } from "./facts.ts";
import { Look } from "./look.ts";

/** For tests: a directory has neither text nor link. `trouble`: this account may not look. */
export type Entry = {
  mode?: number;
  uid?: number;
  gid?: number;
  text?: string;
  link?: string;
  size?: number;
  trouble?: string;
  modified?: number;
};

const passwd = `root:x:0:0::/root:/bin/sh
bot:x:100:100::/:/bin/false
ann:x:1000:1000::/home/ann:/bin/sh
ben:x:1001:1001::/home/ben:/bin/sh
`;
const group = `root:x:0:
bot:x:100:
dev:x:500:ann,ben
ann:x:1000:
solo:x:501:
`;
export const [bot, ann] = [100, 1000];

/** Files by their paths; directories above them are root's and 0755 when they are not given. */
function filesOf(given: Readonly<Record<string, Entry>>): Files {
  const entries = new Map<string, Entry>([["/", {}]]);
  for (const path of Object.keys(given))
    for (let above = dirname(path); above !== "/"; above = dirname(above))
      if (!entries.has(above)) entries.set(above, {});
  for (const [path, entry] of Object.entries(given)) entries.set(path, entry);
  const at = (path: string): Entry | undefined => {
    const entry = entries.get(path);
    if (entry?.trouble !== undefined) throw Object.assign(new Error(entry.trouble), { code: entry.trouble });
    return entry;
  };
  const real = (path: string, links = 0): string | null => {
    if (links > 40) throw Object.assign(new Error("ELOOP"), { code: "ELOOP" });
    if (path === "/") return path;
    const parent = real(dirname(path), links);
    if (parent === null) return null;
    const own = join(parent, path.slice(path.lastIndexOf("/") + 1));
    const link = at(own)?.link;
    if (link !== undefined)
      return real(join(parent, link.startsWith("/") ? join("/", link) : link), links + 1);
    return entries.has(own) ? own : null;
  };
  const files = {
    stat: async (path: string): Promise<FileStat | null> => {
      const entry = at(path);
      if (entry === undefined) return null;
      const kind = entry.link !== undefined ? "link" : entry.text !== undefined ? "file" : "directory";
      return {
        kind,
        mode: entry.mode ?? (kind === "directory" ? 0o755 : kind === "link" ? 0o777 : 0o644),
        uid: entry.uid ?? 0,
        gid: entry.gid ?? 0,
        size: entry.size ?? entry.text?.length ?? 0,
        modified: entry.modified ?? 0,
        device: 1,
      };
    },
    read: async (path: string) => at(path)?.text ?? null,
    list: async (path: string) => {
      at(path);
      return [...entries.keys()]
        .filter((other) => other !== "/" && dirname(other) === path)
        .map((other) => other.slice(other.lastIndexOf("/") + 1))
        .toSorted();
    },
    realPath: async (path: string) => {
      const link = at(path)?.link;
      return link !== undefined && link.startsWith("/") ? real(link, 1) : real(path);
    },
    readLink: async (path: string) => at(path)?.link ?? null,
  };
  return files as unknown as Files;
}

/** An audit of a host with these files, where programs answer as `run` says. */
export function auditOf(
  given: Readonly<Record<string, Entry>>,
  run: (argv: readonly string[]) => Partial<RunResult> = () => ({ status: 1 }),
): Audit {
  const files = filesOf(given);
  const host = {
    scope: "system",
    files,
    run: async (argv: readonly string[]) => ({
      status: 0,
      signal: null,
      stdout: "",
      stderr: "",
      ...run(argv),
    }),
  } as unknown as Host;
  return {
    host,
    scope: "system",
    look: new Look(files),
    accounts: new Accounts(passwd, group),
    self: 0,
    quick: false,
    holdfast: "/usr/lib/holdfast/bin/holdfast",
    now: 1e12,
  };
}

/** An application in /opt/app under the account bot, with one service. */
export function appOf(service: object = {}, program: object = {}): AuditedApp {
  const own = {
    name: "web",
    unit: "app-web.service",
    writes: ["/opt/app/data"],
    ownDirectories: [],
    envFiles: [],
    secrets: [],
    ports: [],
    gate: { kind: "stays-up" },
    scoreAtMost: null,
    runtime: "python",
    ...service,
  };
  return {
    app: "app",
    desired: { app: "app", user: "bot", directory: "/opt/app", services: [own], artifacts: [] },
    uid: bot,
    known: [],
    specDirectory: null,
    programs: [
      {
        service: own,
        artifact: { path: "/etc/systemd/system/app-web.service", text: "", directives: [] },
        loaded: true,
        properties: {},
        commands: [],
        environment: new Map(),
        pids: [],
        dropIns: new Map(),
        hardening: null,
        ...program,
      },
    ],
  } as unknown as AuditedApp;
}

/** What was found, in a line each. */
export function lines(found: {
  findings: readonly { id: string; severity: string; where: string }[];
}): string[] {
  return found.findings.map(({ id, severity, where }) => `${severity} ${id.replace("audit/", "")} ${where}`);
}
