import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { probeHttp, probeTcp } from "../../apply/probe.ts";
import { run } from "../../host/run.ts";
import { dateBack, type StillOpen } from "../../store/date-back.ts";
import { openDatabase } from "../../store/open-store.ts";
import { groupsOf } from "./load.ts";
import { commandStubs } from "./command-stubs.ts";
import type { Answer, Ask, LoadSays } from "./protocol.ts";

/** holdfast rehearse-inside: does on the throwaway host what the rehearsal asks for, until its standard input ends. */
export async function serveRehearsal(holdfast: string): Promise<void> {
  const loads = new Map<number, ChildProcess>();
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await reply(JSON.parse(line) as Ask, loads, holdfast).then(
      (value): Answer => ({ ok: true, value }),
      (error: unknown): Answer => ({ ok: false, why: (error as Error).message }),
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  for (const child of loads.values()) child.kill("SIGKILL");
}

async function reply(ask: Ask, loads: Map<number, ChildProcess>, holdfast: string): Promise<unknown> {
  switch (ask.ask) {
    case "ready":
      return ready(ask);
    case "isolation":
      return { reached: await reachable(ask.sockets) };
    case "load":
      return load(ask, loads, holdfast);
    case "unload":
      return unload(ask.pid, loads);
    case "group":
      return { pids: membersOf(ask.of) };
    case "alive":
      return { alive: ask.pids.filter(isAlive) };
    case "date-back":
      return dateBackAll(ask.app);
    case "upstreams":
      return commandStubs(ask.command);
  }
}

/** Longer than the window of any limit. */
const longAgo = 400 * 86_400_000;

function dateBackAll(app: string): StillOpen {
  const database = openDatabase("system", { write: true })!;
  try {
    return dateBack(database, app, longAgo);
  } finally {
    database.close();
  }
}

async function ready({
  gate,
  user,
  directory,
}: Extract<Ask, { ask: "ready" }>): Promise<{ ok: boolean; found: string }> {
  switch (gate.kind) {
    case "http":
      return probeHttp(gate.url);
    case "tcp":
      return probeTcp(gate.port);
    case "command": {
      const as = user === null ? [] : ["setpriv", `--reuid=${user}`, "--init-groups", "--"];
      const { status } = await run([...as, "env", `--chdir=${directory}`, ...gate.argv], { timeout: 10_000 });
      return { ok: status === 0, found: `it ended with ${status}` };
    }
    case "notify":
    case "stays-up":
      return { ok: true, found: "active" };
  }
}

/** Everything outside that could be reached; a rehearsal goes on only when there is nothing. */
async function reachable(sockets: readonly string[]): Promise<string[]> {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).some(({ internal }) => !internal) ? [`network interface ${name}`] : [],
  );
  const routes = readFileSync("/proc/net/route", "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => `a route by ${line.split("\t")[0]}`);
  const addresses = await Promise.all(
    // Addresses that are set aside for documentation (RFC 5737, RFC 3849): nobody is disturbed should one be reached.
    ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map(async (host) =>
      (await connects({ host, port: 443 })) ? [`address ${host}`] : [],
    ),
  );
  const names = await lookup("example.org").then(
    () => ["a name server"],
    () => [],
  );
  const local = await Promise.all(
    sockets.map(async (path) => ((await connects({ path })) ? [`socket ${path} of the machine`] : [])),
  );
  return [...interfaces, ...routes, ...addresses.flat(), ...names, ...local.flat()];
}

function connects(to: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(1000, () => end(false));
    // Refused by somebody is still reached: there is a way to him.
    socket
      .once("connect", () => end(true))
      .once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED" && "host" in to));
  });
}

async function load(
  ask: Extract<Ask, { ask: "load" }>,
  loads: Map<number, ChildProcess>,
  holdfast: string,
): Promise<LoadSays & { pid: number }> {
  const words = [ask.kind, String(ask.of), String(ask.amount), ask.path ?? ""];
  const child = spawn(holdfast, ["rehearse-load", ...words], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  const pid = child.pid!;
  loads.set(pid, child);
  let said = "";
  return new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("\n")) resolve({ ...(JSON.parse(said) as LoadSays), pid });
    });
    // The kernel or systemd may end it before it is done: that is an answer, too.
    child.once("close", (code, signal) => resolve({ reached: 0, refused: signal ?? `exit ${code}`, pid }));
  });
}

async function unload(pid: number, loads: Map<number, ChildProcess>): Promise<object> {
  const child = loads.get(pid);
  loads.delete(pid);
  if (!child || child.exitCode !== null || child.signalCode !== null) return {};
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone in this moment.
  }
  await ended;
  return {};
}

/** Processes in the control group of another, that one included. */
function membersOf(pid: number): number[] {
  const group = groupsOf(pid).find((path) => path.includes("systemd")) ?? groupsOf(pid)[0];
  if (group === undefined) return [];
  return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
