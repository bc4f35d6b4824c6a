import { isAbsolute, join } from "node:path";
import type { WatchRule } from "../../compile/watch-rule.ts";
import type { Reading } from "../../heal/reading.ts";
import type { Host, RunResult } from "../../host/host.ts";
import { describeDuration } from "../../value/duration.ts";
import { explainEnding } from "../../explain-failure/explain-ending.ts";
import { printable } from "../../value/printable.ts";
import { readMask } from "../secrets-in-text.ts";
import { probeOf, reading, type LookOf } from "./local-probe.ts";
import type { ProbeContext } from "./probe.ts";

/** What the check's own program says: 0 is good, 3 is that it could not tell. It has the service's account and environment. */
export const probeExec = probeOf(
  "exec",
  async (context, look) => {
    const { host, service } = context;
    if (!host.mayChange)
      return reading("unknown", "only root may run a program as the service's user", { limit: 0 });
    const result = await host.run(transientCommand(context, look), {
      // The unit's own limit comes first, and knows which processes are left to be ended.
      timeout: context.check.timeout + 5000,
      env: { SYSTEMD_LOG_TARGET: "console", SYSTEMD_LOG_LEVEL: "info" },
    });
    const told = parseTold(result);
    const said = await maskedLine(host, service, told.output);
    return { ...judge(told, context, said), limit: 0 };
  },
  (within) => reading("fail", `it took longer than ${within}`, { limit: 0 }),
);

/**
 * A transient unit of its own: systemd gives it the account, bounds it in time, memory and processes, and ends what it
 * leaves behind. Without --quiet, systemd-run(1) tells how it ended.
 */
function transientCommand({ service, watch, check }: ProbeContext, look: LookOf<"exec">): string[] {
  const system = watch.scope === "system";
  const [program = "", ...args] = look.argv;
  const path = program.includes("/") && !isAbsolute(program) ? join(service.directory, program) : program;
  const properties = [
    `RuntimeMaxSec=${check.timeout}ms`,
    "TimeoutStopSec=1s",
    "KillMode=control-group",
    "TasksMax=64",
    "MemoryMax=256M",
    ...service.envFiles.map((file) => `EnvironmentFile=-${file}`),
    ...(system ? sandbox : []),
  ];
  return [
    "systemd-run",
    ...(system ? [] : ["--user"]),
    "--wait",
    "--pipe",
    "--collect",
    "--service-type=exec",
    `--description=Check ${check.id} of ${service.unit}`,
    `--working-directory=${service.directory}`,
    ...(service.user === null ? [] : [`--uid=${service.user}`]),
    ...properties.map((property) => `--property=${property}`),
    "--",
    path,
    ...args,
  ];
}

const sandbox = [
  "NoNewPrivileges=yes",
  "ProtectSystem=full",
  "ProtectKernelTunables=yes",
  "ProtectKernelModules=yes",
  "ProtectControlGroups=yes",
  "RestrictSUIDSGID=yes",
  "RestrictRealtime=yes",
  "LockPersonality=yes",
];

type Told = {
  /** systemd's Result=; null when it was not even begun. */
  result: string | null;
  code: string;
  /** A number, or the name of a signal. */
  status: string;
  /** Lines that the program wrote. */
  output: string[];
};

/** What systemd-run says on stderr, among what the program says there. */
const ownLines =
  /^(Running as unit: |Finished with result: |Main processes terminated with: |Service runtime: |CPU time consumed: |Memory peak: |Memory swap peak: |IP traffic |IO bytes |Press \^\])/;

function parseTold({ stdout, stderr }: RunResult): Told {
  const lines = stderr.split("\n");
  const last = (pattern: RegExp): RegExpExecArray | null =>
    lines.map((line) => pattern.exec(line)).findLast((match) => match !== null) ?? null;
  const ended = last(/^Main processes terminated with: code=(\w+)\/status=(\w+)/);
  return {
    result: last(/^Finished with result: ([\w-]+)/)?.[1] ?? null,
    code: ended?.[1] ?? "",
    status: ended?.[2] ?? "",
    output: [...stdout.split("\n"), ...lines.filter((line) => !ownLines.test(line))],
  };
}

function judge({ result, code, status }: Told, context: ProbeContext, said: string): Reading {
  const adds = said === "" ? "" : `: ${said}`;
  if (result === null) return reading("unknown", `it could not be run${adds}`);
  if (result === "timeout")
    return reading("fail", `it took longer than ${describeDuration(context.check.timeout)}${adds}`);
  const value = code === "exited" ? Number(status) : result === "success" ? 0 : status;
  if (value === 0) return reading("ok", said === "" ? "it exited 0" : said, { value });
  if (value === 3) return reading("unknown", `it could not tell${adds}`, { value });
  // 126 and 127 are a shell's, 200 and up systemd's: the program of the check did not run, which says nothing of the service.
  const never =
    typeof value === "number" && (value === 126 || value === 127 || (value >= 200 && value <= 243));
  if (never) {
    const { sentence } = explainEnding({ result, code: "exited", status: value });
    return reading("unknown", `it could not be run: ${sentence}`, { value });
  }
  const how = typeof value === "number" ? `exited ${value}` : `was ended by SIG${value}`;
  return reading("fail", `it ${how}${adds}`, { value });
}

const longestLine = 200;

/** The last line that it wrote, without what must not be shown. */
async function maskedLine(host: Host, service: WatchRule, output: readonly string[]): Promise<string> {
  const line = output.findLast((text) => text.trim() !== "")?.trim() ?? "";
  const mask = await readMask(host, { envFiles: service.envFiles, secrets: [] });
  // Cut after it is masked, so that no part of a secret is left at the end.
  return printable(mask === null ? "" : mask(line.slice(0, 100_000))).slice(0, longestLine);
}
