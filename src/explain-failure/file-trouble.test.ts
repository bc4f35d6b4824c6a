import { expect, test } from "vitest";
import type { FileStat, Host } from "../host/host.ts";
import { findFileTrouble } from "./file-trouble.ts";

type Entry = { mode: number; uid?: number; gid?: number; text?: string };

/** A host with these files, and the account polybot (uid 100, groups 100 and 200). */
function hostWith(entries: Readonly<Record<string, Entry>>): Host {
  const stat = async (path: string): Promise<FileStat | null> => {
    const entry = entries[path];
    if (!entry) return null;
    const kind = entry.text === undefined ? "directory" : "file";
    const { mode, uid = 0, gid = 0, text = "" } = entry;
    return { kind, mode, uid, gid, size: text.length, modified: 0, device: 1 };
  };
  const run = async (argv: readonly string[]) => ({
    status: argv[2] === "polybot" ? 0 : 1,
    signal: null,
    stdout: argv[1] === "-u" ? "100\n" : "100 200\n",
    stderr: "",
  });
  const files = {
    stat,
    read: async (path: string) => entries[path]?.text ?? null,
    realPath: async (path: string) => (path in entries ? path : null),
  };
  return { files, run } as unknown as Host;
}

const open = { "/": { mode: 0o755 }, "/opt": { mode: 0o755 }, "/opt/a": { mode: 0o755 } };
const file = "/opt/a/manifest.toml";

test("a file that can be read is no trouble, by owner, group or others", async () => {
  for (const entry of [{ mode: 0o400, uid: 100 }, { mode: 0o040, gid: 200 }, { mode: 0o004 }]) {
    const host = hostWith({ ...open, [file]: { ...entry, text: "" } });
    expect(await findFileTrouble(host, "polybot", file, "read")).toBeNull();
  }
});

test("the missing bit is named, and only the first class that applies counts", async () => {
  // As the owner, the bits for others do not help.
  const host = hostWith({ ...open, [file]: { mode: 0o044, uid: 100, text: "" } });
  expect(await findFileTrouble(host, "polybot", file, "read")).toMatchObject({
    path: file,
    what: `${file} may not be read by polybot: it has mode 0044 and lacks r`,
  });
});

test("a directory that may not be entered hides what is below it", async () => {
  const host = hostWith({ ...open, "/opt": { mode: 0o700 }, [file]: { mode: 0o644, text: "" } });
  expect(await findFileTrouble(host, "polybot", file, "read")).toMatchObject({ path: "/opt" });
  expect(await findFileTrouble(host, null, file, "read")).toBeNull();
});

test("what is missing is said, the interpreter of a script too", async () => {
  const program = "/opt/a/run";
  expect(await findFileTrouble(hostWith(open), "polybot", program, "run")).toMatchObject({
    what: `${program} does not exist`,
  });
  const script = { ...open, [program]: { mode: 0o755, text: "#!/opt/a/venv/bin/python -u\n" } };
  expect(await findFileTrouble(hostWith(script), "polybot", program, "run")).toMatchObject({
    what: `${program} is to be run by /opt/a/venv/bin/python, which does not exist`,
  });
  const whole = { ...script, "/opt/a/venv/bin/python": { mode: 0o755, text: "" } };
  expect(await findFileTrouble(hostWith(whole), "polybot", program, "run")).toBeNull();
});
