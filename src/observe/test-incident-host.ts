import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newCheckState } from "../heal/check-state.ts";
import type { Host } from "../host/host.ts";
import { localFiles } from "../host/local-files.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import { lifeOfAnIncident } from "../tell/test-review.ts";
import type { IncidentEvidenceOptions } from "./incident-evidence.ts";

/** For tests: secrets in every place that evidence looks at. */
export const canaries = {
  env: "c4nary-of-the-env-file",
  secret: "c4nary-of-the-secret",
  flag: "c4nary-on-the-command-line",
  url: "c4nary-in-an-address",
} as const;

const service = {
  name: "bot",
  unit: "polybot-bot.service",
  envFiles: ["/etc/polybot/bot.env"],
  secrets: [{ id: "key", source: "/etc/polybot/bot.key", encrypted: null }],
} as unknown as DesiredService;

export const desired = {
  app: "polybot",
  environment: null,
  directory: "/",
  artifacts: [{ path: "/etc/systemd/system/polybot-bot.service", text: "[Service]\n", service: "bot" }],
  services: [service],
} as unknown as Desired;

const group = "/sys/fs/cgroup/polybot.slice/polybot-bot.service";
const spoken = `order refused: ${canaries.env} ${canaries.secret} --token=${canaries.flag} https://u:${canaries.url}@x.example`;

const files: Readonly<Record<string, string>> = {
  "/etc/polybot/bot.env": `API_TOKEN=${canaries.env}\n`,
  "/etc/polybot/bot.key": `${canaries.secret}\n`,
  "/etc/systemd/system/polybot-bot.service": "[Service]\n# edited\n",
  [`${group}/cgroup.procs`]: "4242\n",
  "/proc/4242/stat": `4242 (bot) S 1 4242 4242 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 100 ${"0 ".repeat(20)}`,
  "/var/log/dpkg.log": "",
  "/var/log/dpkg.log.1": "",
};

/** A host that answers from a table, with a writable state directory. */
export function incidentHost(stateDirectory: string, hangs: boolean = false): Host {
  const inState = (path: string): boolean => path.startsWith(stateDirectory);
  const commandLine = ["node", "bot.js", "--token", `${canaries.flag} and more`, canaries.secret].join("\0");
  return {
    scope: "system",
    mayChange: true,
    files: {
      ...localFiles,
      read: async (path: string) =>
        inState(path) || path.startsWith("/proc/self") ? localFiles.read(path) : (files[path] ?? null),
      list: async (path: string) => (inState(path) ? localFiles.list(path) : []),
    },
    systemd: {
      properties: () =>
        hangs
          ? new Promise(() => {})
          : Promise.resolve({
              ActiveState: "active",
              ControlGroup: "/polybot.slice/polybot-bot.service",
              StatusText: `working with ${canaries.env}`,
            }),
    },
    run: async ([program]: readonly string[]) => ({
      status: 0,
      signal: null,
      stdout: program === "/usr/bin/head" ? `==> /proc/4242/cmdline <==\n${commandLine}\0\n` : "",
      stderr: "",
    }),
  } as unknown as Host;
}

/** A journalctl in a directory of its own, to be put first into PATH; it says one line of the service and one of systemd. */
export async function fakeJournal(directory: string, at: number): Promise<string> {
  const bin = join(directory, "bin");
  await mkdir(bin);
  const entry = { __REALTIME_TIMESTAMP: String(at * 1000), PRIORITY: "3", _SYSTEMD_UNIT: service.unit };
  const lines = [
    { ...entry, _PID: "4242", MESSAGE: spoken },
    { ...entry, _PID: "1", UNIT: service.unit, MESSAGE: "polybot-bot.service: Watchdog timeout" },
  ];
  await writeFile(join(bin, "journalctl"), `#!/bin/sh\nexec cat "$0.lines"\n`);
  await writeFile(join(bin, "journalctl.lines"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await chmod(join(bin, "journalctl"), 0o755);
  return bin;
}

/** What is on record of an incident in which every word was spoken that must not be. */
export function spokenIncident(): ReturnType<typeof lifeOfAnIncident> {
  return lifeOfAnIncident({ says: `beat has failed: ${spoken}`, why: spoken });
}

export function evidenceOptions(
  stateDirectory: string,
  mask: IncidentEvidenceOptions["mask"],
): IncidentEvidenceOptions {
  const { incident, alerts, timeline, heals } = spokenIncident().facts();
  const last = { result: "fail", value: spoken, limit: null, says: spoken, kept: { body: spoken } } as const;
  return {
    stateDirectory,
    incident,
    desired,
    generation: 5,
    services: desired.services,
    checks: [{ service: "bot", check: "beat", state: { ...newCheckState(0), verdict: "failing", last } }],
    heals,
    changes: [],
    alerts,
    timeline,
    now: new Date(incident.resolved!),
    mask,
  };
}
