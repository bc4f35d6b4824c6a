import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Stub } from "./stub.ts";
import {
  stubRecord,
  stubSocket,
  type Asked,
  type StubCommand,
  type StubMode,
  type StubPlan,
} from "./stub-plan.ts";

const kept = 2000;
const mostRecorded = 16 * 1024 * 1024;

/** holdfast rehearse-upstreams: stands where the outside world would be. Never outside of a throwaway host. */
export async function runStubs(planFile: string): Promise<void> {
  const plan = JSON.parse(readFileSync(planFile, "utf8")) as StubPlan;
  for (const address of plan.addresses)
    execFileSync("ip", ["address", "replace", `${address}/${address.includes(":") ? 128 : 32}`, "dev", "lo"]);
  const asked: Asked[] = [];
  let written = 0;
  const tell = (one: Asked): void => {
    asked.push(one);
    if (asked.length > kept) asked.shift();
    const line = `${JSON.stringify(one)}\n`;
    written += line.length;
    if (written < mostRecorded) appendFileSync(stubRecord, line, { mode: 0o600 });
  };
  const modes = new Map<string, StubMode>();
  const stubs = new Map(plan.stubs.map((rule) => [rule.name, new Stub(rule, tell)]));
  writeHosts(plan, modes);
  for (const stub of stubs.values()) await stub.open();

  const obey = async (command: StubCommand): Promise<unknown> => {
    if ("asked" in command)
      return { now: Date.now(), asked: asked.filter(({ at }) => at >= command.asked.since) };
    const { name, mode } = command.set;
    modes.set(name, mode);
    writeHosts(plan, modes);
    await stubs.get(name)!.set(mode);
    return { now: Date.now() };
  };
  rmSync(stubSocket, { force: true });
  const door = createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.on("error", () => {});
    socket.once("end", () => {
      obey(JSON.parse(text) as StubCommand).then(
        (answer) => socket.end(JSON.stringify(answer)),
        (error: unknown) => socket.end(JSON.stringify({ error: (error as Error).message })),
      );
    });
  });
  await new Promise<void>((resolve) => door.listen(stubSocket, resolve));
  chmodSync(stubSocket, 0o600);
  execFileSync("systemd-notify", ["--ready"]);
}

/** In place: a sandbox may hold the very file. */
function writeHosts(plan: StubPlan, modes: ReadonlyMap<string, StubMode>): void {
  const gone = plan.stubs.flatMap(({ name, host }) => (modes.get(name) === "no-name" ? [host] : []));
  const lines = plan.stubs.flatMap(({ host, address }) =>
    host === null || gone.includes(host) ? [] : [`${address} ${host}\n`],
  );
  const text = plan.hosts + [...new Set(lines)].join("");
  // While it is written it is empty for a moment, and who looks a name up then does not find it.
  if (readFileSync("/etc/hosts", "utf8") !== text) writeFileSync("/etc/hosts", text);
}
