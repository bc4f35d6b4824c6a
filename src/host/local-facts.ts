import { closeSync, openSync, readFileSync, readSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { HostFacts, PathFact } from "./facts.ts";

const longestText = 1024 * 1024;

/** Facts of this machine, or of a tree below `root`; each question is asked once. `hasUnit` comes from who knows the units. */
export function openLocalFacts(account: string, hasUnit: (name: string) => boolean, root = ""): HostFacts {
  const at = (path: string) => root + path;
  const path = remembered((asked: string): PathFact | null => {
    const stat = attempt(() => statSync(at(asked)));
    if (!stat) return null;
    const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
    return { kind, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, size: stat.size };
  });
  const text = remembered((asked: string) => {
    const known = path(asked);
    if (known?.kind !== "file" || known.size > longestText) return null;
    return attempt(() => readFileSync(at(asked), "utf8"));
  });
  const lines = (file: string) => (attempt(() => readFileSync(at(file), "utf8")) ?? "").split("\n");
  const users = lazy(
    () =>
      new Map(
        lines("/etc/passwd").map((line) => {
          const [name, , uid, gid, , home] = line.split(":");
          return [name ?? "", { uid: Number(uid), gid: Number(gid), home: home ?? "/" }];
        }),
      ),
  );
  const groups = lazy(
    () =>
      new Map(
        lines("/etc/group").map((line) => {
          const [name, , gid] = line.split(":");
          return [name ?? "", { gid: Number(gid) }];
        }),
      ),
  );
  return {
    path,
    text,
    head: remembered((asked: string) =>
      path(asked)?.kind === "file" ? attempt(() => firstBytes(at(asked))) : null,
    ),
    user: (name) => users().get(name) ?? null,
    group: (name) => groups().get(name) ?? null,
    lingers: (user) => path(`/var/lib/systemd/linger/${user}`) !== null,
    account,
    zone: zoneOf(at("/etc/localtime")),
    defaultTarget:
      linkName(at("/etc/systemd/system/default.target")) ??
      linkName(at("/usr/lib/systemd/system/default.target")),
    hasUnit,
  };
}

/** /etc/localtime is a link into the zone database (localtime(5)). */
function zoneOf(localtime: string): string {
  const target = attempt(() => readlinkSync(localtime));
  return target?.split("/zoneinfo/")[1] ?? "UTC";
}

function linkName(path: string): string | null {
  const target = attempt(() => readlinkSync(path));
  return target === null ? null : basename(target);
}

function firstBytes(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(256);
    return bytes.subarray(0, readSync(file, bytes)).toString("latin1");
  } finally {
    closeSync(file);
  }
}

function remembered<Answer>(ask: (question: string) => Answer): (question: string) => Answer {
  const known = new Map<string, Answer>();
  return (question) => {
    if (!known.has(question)) known.set(question, ask(question));
    return known.get(question)!;
  };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function attempt<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch {
    return null;
  }
}
