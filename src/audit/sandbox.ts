import { sandboxKeys } from "../observe/checks/sandbox.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";
import { parseSecurity, type Assessment } from "./security-table.ts";
import { waiverOf } from "./waivers.ts";

/** One part of a sandbox, as systemd-analyze sees it in force. */
export type SandboxLine = {
  directive: string;
  on: boolean;
  /** systemd's words of what the service may do, or may not. */
  says: string;
  /** How much it adds to the score; 0 when it is on. */
  exposure: number;
  /** Why it is off, and who said so; null when it is on. */
  waivedBy: string | null;
};

export type Sandbox = {
  app: string;
  service: string;
  unit: string;
  /** 0 to 10, lower is tighter. */
  score: number;
  atMost: number | null;
  lines: readonly SandboxLine[];
};

/** Above this, and without a limit in the spec, a service is hardly shut in at all. */
const weak = 5;

/** The score of each service against its limit, with every part of the sandbox that is off and who waived it. */
export async function auditSandbox(
  audit: Audit,
  app: AuditedApp,
): Promise<Found & { sandboxes: readonly Sandbox[] }> {
  const units = app.programs.filter(({ loaded }) => loaded);
  const asRoot = runningAsRoot(audit, app);
  const none = { findings: asRoot, sandboxes: [] };
  if (audit.scope === "user")
    return { ...none, unknown: [unknown(app, "systemd-analyze has no score for user services")] };
  const missing = app.programs.filter(({ loaded }) => !loaded).map(({ service }) => service.unit);
  if (units.length === 0)
    return {
      ...none,
      unknown: [unknown(app, `systemd does not know ${missing.join(", ")}: is it applied?`)],
    };
  const { stdout, status } = await audit.host.run(
    ["/usr/bin/systemd-analyze", "--no-pager", "security", ...units.map(({ service }) => service.unit)],
    { env: { COLUMNS: "400", SYSTEMD_COLORS: "0" }, timeout: 10_000 },
  );
  const assessments = parseSecurity(stdout);
  const sandboxes: Sandbox[] = [];
  for (const program of units) {
    const assessment = assessments.get(program.service.unit);
    if (assessment === undefined) missing.push(program.service.unit);
    else sandboxes.push(describe(app, program, assessment));
  }
  return together3(
    [...asRoot, ...sandboxes.flatMap((sandbox) => judge(app, sandbox, units))],
    missing.length === 0
      ? []
      : [unknown(app, `systemd gave no score for ${missing.join(", ")} (status ${status})`)],
    sandboxes,
  );
}

function together3(
  findings: readonly Finding[],
  unknown: Found["unknown"],
  sandboxes: readonly Sandbox[],
): Found & { sandboxes: readonly Sandbox[] } {
  return { ...together([{ findings, unknown }]), sandboxes };
}

function unknown(app: AuditedApp, why: string): Found["unknown"][number] {
  return { app: app.app, what: "how closely its services are shut in", why, fix: null };
}

function describe(app: AuditedApp, program: AuditedProgram, { score, rows }: Assessment): Sandbox {
  const { service } = program;
  return {
    app: app.app,
    service: service.name,
    unit: service.unit,
    score,
    atMost: service.scoreAtMost,
    lines: rows.map((row) => ({
      ...row,
      waivedBy: row.on ? null : waiverOf(row.directive, program, app.desired.user === "root"),
    })),
  };
}

function judge(app: AuditedApp, sandbox: Sandbox, programs: readonly AuditedProgram[]): Finding[] {
  const { service, unit, score, atMost, lines } = sandbox;
  const worst = lines
    .filter(({ on }) => !on)
    .toSorted((a, b) => b.exposure - a.exposure)
    .slice(0, 3)
    .map(({ directive }) => directive);
  const about = { app, service, where: unit };
  if (atMost !== null && score > atMost)
    return [
      finding(
        "audit/sandbox-score",
        "error",
        about,
        `${unit} scores ${score.toFixed(1)} of 10 (lower is tighter), and at most ${atMost.toFixed(1)} is promised; most is lost by ${worst.join(", ")}`,
        "remove the drop-in that opens it, or tighten hardening:; then holdfast apply",
      ),
    ];
  const { artifact } = programs.find((one) => one.service.name === service)!;
  const declared = artifact.directives.some(
    ({ key }) => sandboxKeys.has(key) && key !== "AmbientCapabilities",
  );
  if (atMost === null && score > weak)
    return [
      finding(
        "audit/sandbox-off",
        "warning",
        about,
        `${unit} scores ${score.toFixed(1)} of 10 (lower is tighter)${declared ? "" : ": hardening is off"}`,
        `hardening: strict in ${service}, with allow: for what it really needs, then holdfast apply`,
      ),
    ];
  return [];
}

function runningAsRoot(audit: Audit, app: AuditedApp): Finding[] {
  if (audit.scope === "user" || app.desired.user !== "root") return [];
  return [
    finding(
      "audit/runs-as-root",
      "warning",
      { app, where: "user: root" },
      `the services of ${app.app} run as root`,
      `user: ${app.app}, with allow: or ports: for what needs more; the spec's allow-root says why it is so`,
    ),
  ];
}
