import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOptions, RunResult } from "../host.ts";
import { readInside } from "./inside.ts";
import { enterScript } from "./scripts.ts";

export type EnterOptions = {
  env?: Readonly<Record<string, string>>;
  /** A user of the host by name; root when not given. */
  user?: string;
  /** Working directory inside; "/" when not given. */
  directory?: string;
};

export type Door = { readonly init: number; readonly cgroups: readonly string[] };

/**
 * Starts a program inside: in the control groups of the host, not of this process, and in all its namespaces.
 * It dies when the process that waits for it does.
 */
export async function spawnInside(
  door: Door,
  argv: readonly string[],
  options: EnterOptions = {},
): Promise<ChildProcess> {
  const groups = door.cgroups.map((group) => join(group, "host", "commands"));
  for (const group of groups) mkdirSync(group, { recursive: true });
  const name = options.user ?? "root";
  const user = findUser(
    name,
    name === "root" ? null : await readInside(`/proc/${door.init}/root`, "/etc/passwd"),
  );
  const joinGroups = ["-c", enterScript, "enter", String(groups.length), ...groups];
  const enter = [
    "nsenter",
    "--target",
    String(door.init),
    "-m",
    "-p",
    "-u",
    "-i",
    "-n",
    "-C",
    "-r",
    "-w",
    "--",
  ];
  const become = ["setpriv", "--pdeathsig", "KILL", ...asUser(user), "--"];
  const move = options.directory ? ["env", `--chdir=${options.directory}`] : [];
  const child = spawn("sh", [...joinGroups, ...enter, ...become, ...move, ...argv], {
    stdio: "pipe",
    cwd: "/",
    env: { ...environmentOf(user), ...options.env },
  });
  forwardSignals(child);
  return child;
}

/** Waits for the end of a program and gathers what it said. */
export async function runInside(
  door: Door,
  argv: readonly string[],
  options: RunOptions & EnterOptions = {},
): Promise<RunResult> {
  return gatherOutput(await spawnInside(door, argv, options), options);
}

/** Gives a program its input, and waits for its end or kills it when its time is over. */
export async function gatherOutput(child: ChildProcess, options: RunOptions): Promise<RunResult> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.stdin ?? "");
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // A program that left children behind with our pipes would keep them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, options.timeout ?? 60_000);
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
  });
}

type User = { name: string; uid: number; gid: number; home: string };

/** A user of a host by the text of its passwd(5); root needs none. */
export function findUser(name: string, passwd: string | null): User {
  if (name === "root") return { name, uid: 0, gid: 0, home: "/root" };
  const fields = (passwd ?? "")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([login]) => login === name);
  if (!fields) throw new Error(`the throwaway host has no user "${name}"`);
  return { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? "/" };
}

/** Arguments for setpriv(1). */
export function asUser(user: User): string[] {
  return user.uid === 0 ? [] : [`--reuid=${user.name}`, `--regid=${user.gid}`, "--init-groups"];
}

/** What a login would set, and nothing of this process. */
export function environmentOf(user: User): Record<string, string> {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    ...(user.uid === 0
      ? {}
      : {
          XDG_RUNTIME_DIR: `/run/user/${user.uid}`,
          DBUS_SESSION_BUS_ADDRESS: `unix:path=/run/user/${user.uid}/bus`,
        }),
  };
}

/**
 * nsenter(1) stays as the parent of the program and passes no signals on, so they go to the program itself. Were
 * nsenter killed instead, the program would be left to an init outside, as a zombie that delays the next shutdown.
 */
function forwardSignals(child: ChildProcess): void {
  const killParent = child.kill.bind(child);
  child.kill = (signal = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const [program] = childrenOf(child.pid);
    return program === undefined ? killParent(signal) : process.kill(program, signal);
  };
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
