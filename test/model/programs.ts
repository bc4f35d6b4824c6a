import type { RunResult } from "../../src/host/host.ts";
import type { ModelFiles } from "./files.ts";

export type Accounts = { users: Map<string, number>; groups: Map<string, number> };

/** The few programs that a change runs, as far as anything depends on what they do. */
export async function runModelProgram(
  argv: readonly string[],
  files: ModelFiles,
  accounts: Accounts,
  stdin = "",
): Promise<RunResult> {
  const [program = "", ...args] = argv;
  const last = args.at(-1) ?? "";
  switch (program.split("/").at(-1)) {
    case "getent": {
      const number = (args[0] === "passwd" ? accounts.users : accounts.groups).get(last);
      return number === undefined ? ended(2) : ended(0, `${last}:x:${number}:${number}\n`);
    }
    case "systemd-sysusers":
      for (const [kind, name = ""] of lines(await files.read(last))) {
        if (kind === "u" && !accounts.users.has(name)) accounts.users.set(name, 900 + accounts.users.size);
        if ((kind === "u" || kind === "g") && !accounts.groups.has(name))
          accounts.groups.set(name, 900 + accounts.groups.size);
      }
      return ended(0);
    case "systemd-tmpfiles":
      for (const [, path = "", mode = "", user = "", group = ""] of lines(await files.read(last))) {
        await files.makeDirectory(path, 0o755);
        const owner = { uid: accounts.users.get(user) ?? 0, gid: accounts.groups.get(group) ?? 0 };
        files.setOwner(path, { mode: Number.parseInt(mode, 8), ...owner });
      }
      return ended(0);
    case "systemd-creds":
      return args.includes("encrypt")
        ? ended(0, `encrypted ${await files.read(args.at(-2)!)}`)
        : ended(0, ((await files.read(args.at(-2)!)) ?? "").replace("encrypted ", ""));
    case "rmdir":
      if ((await files.list(last)).length > 0) return ended(1, "", "Directory not empty");
      files.entries.delete(last);
      return ended(0);
    case "chown": {
      const [uid, gid] = args[0]!.split(":").map(Number);
      files.setOwner(last, { uid: uid!, gid: gid! });
      return ended(0);
    }
    case "chmod":
      files.setOwner(last, { mode: Number.parseInt(args[0]!, 8) });
      return ended(0);
    case "userdel":
      accounts.users.delete(last);
      accounts.groups.delete(last);
      return ended(0);
    case "groupdel":
      accounts.groups.delete(last);
      return ended(0);
    case "apparmor_parser":
      return runParser(args, files, stdin);
    case "sync":
      return ended(0);
    default:
      throw new Error(`the model has no program ${program}`);
  }
}

/** Where the kernel lists the profiles that are loaded; the model keeps their text beside it. */
const security = "/sys/kernel/security/apparmor";

async function runParser(args: readonly string[], files: ModelFiles, stdin: string): Promise<RunResult> {
  const path = args[1] ?? "";
  const text = path === "" ? stdin : await files.read(path);
  const name = /^profile (\S+)/m.exec(text ?? "")?.[1];
  if (text === null || name === undefined) return ended(1, "", `${path}: no profile`);
  const listed = ((await files.read(`${security}/profiles`)) ?? "").split("\n").filter((line) => line !== "");
  const others = listed.filter((line) => line !== `${name} (enforce)`);
  const now = args[0] === "--replace" ? [...others, `${name} (enforce)`].toSorted() : others;
  // The kernel's files have no time of change that would tell one loading from another.
  const put = (path: string, content: string | null): void => {
    if (content === null) files.entries.delete(path);
    else
      files.entries.set(path, {
        kind: "file",
        inode: { content, mode: 0o400, uid: 0, gid: 0, modified: 0 },
      });
  };
  put(`${security}/${name}`, args[0] === "--replace" ? text : null);
  put(`${security}/profiles`, now.length === 0 ? null : `${now.join("\n")}\n`);
  return ended(0);
}

function lines(text: string | null): string[][] {
  return (text ?? "").split("\n").flatMap((line) => (/^[a-z] /.test(line) ? [line.split(" ")] : []));
}

function ended(status: number, stdout = "", stderr = ""): RunResult {
  return { status, signal: null, stdout, stderr };
}
