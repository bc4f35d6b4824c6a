import type { Finding, Found } from "./finding.ts";
import { finding, type Audit } from "./facts.ts";

const day = 86_400_000;
/** Lists that are older say nothing of today. */
const oldest = 7 * day;
const lists = "/var/lib/apt/lists";
const stamps = ["/var/lib/apt/periodic/update-success-stamp", `${lists}/partial`, lists];

/** Security updates that wait, and whether a reboot does. What the lists are too old to tell is unknown. */
export async function auditUpdates(audit: Audit): Promise<Found> {
  if (audit.scope === "user") return { findings: [], unknown: [] };
  const reboot = await needsReboot(audit);
  const pending = audit.quick ? { findings: [], unknown: [] } : await pendingUpdates(audit);
  return { findings: [...reboot, ...pending.findings], unknown: pending.unknown };
}

async function needsReboot(audit: Audit): Promise<Finding[]> {
  for (const path of ["/run/reboot-required", "/var/run/reboot-required"]) {
    if ((await audit.look.stat(path)).stat === null) continue;
    const { text } = await audit.look.text(`${path}.pkgs`);
    const packages = [...new Set((text ?? "").split("\n").filter((line) => /^[\w.+-]+$/.test(line)))];
    return [
      finding(
        "audit/reboot-needed",
        "warning",
        { app: null, where: "host" },
        `this host is to be rebooted${packages.length === 0 ? "" : `, for ${packages.slice(0, 5).join(", ")}${packages.length > 5 ? ", ..." : ""}`}`,
        "systemctl reboot, at a good time",
      ),
    ];
  }
  return [];
}

async function pendingUpdates(audit: Audit): Promise<Found> {
  const unknown = (why: string, fix: string | null): Found => ({
    findings: [],
    unknown: [{ app: null, what: "pending security updates", why, fix }],
  });
  if ((await audit.look.stat("/usr/bin/apt-get")).stat === null)
    return unknown("only apt can be asked so far, and this host has none", null);
  const age = await listsAge(audit);
  if (age === null) return unknown(`there are no package lists in ${lists}`, "apt-get update");
  if (age > oldest)
    return unknown(
      `the package lists are ${Math.floor(age / day)} days old`,
      "apt-get update, then holdfast audit",
    );
  const { status, stdout } = await audit.host.run(
    ["/usr/bin/apt-get", "--simulate", "-o", "Debug::NoLocking=true", "upgrade"],
    { timeout: 60_000 },
  );
  if (status !== 0) return unknown(`apt-get --simulate upgrade ended with ${status ?? "a time-out"}`, null);
  const { security, others } = pendingIn(stdout);
  const about = { app: null, where: "host" };
  return {
    findings: [
      ...(security.length === 0
        ? []
        : [
            finding(
              "audit/security-updates",
              "warning",
              about,
              `${counted(security, "security update")}: ${some(security)}`,
              "apt-get upgrade",
            ),
          ]),
      ...(others.length === 0
        ? []
        : [
            finding(
              "audit/updates",
              "info",
              about,
              `${counted(others, "update")}: ${some(others)}`,
              "apt-get upgrade",
            ),
          ]),
    ],
    unknown: [],
  };
}

function counted(packages: readonly string[], what: string): string {
  return packages.length === 1 ? `one ${what} waits` : `${packages.length} ${what}s wait`;
}

function some(packages: readonly string[]): string {
  return `${packages.slice(0, 5).join(", ")}${packages.length > 5 ? ", ..." : ""}`;
}

async function listsAge(audit: Audit): Promise<number | null> {
  const found = await Promise.all(stamps.map((path) => audit.look.stat(path)));
  const { names } = await audit.look.list(lists);
  if (!names.some((name) => /(In)?Release$/.test(name))) return null;
  const times = found.flatMap(({ stat }) => (stat === null ? [] : [stat.modified]));
  return times.length === 0 ? null : Math.max(0, audit.now - Math.max(...times));
}

/** Packages that apt-get --simulate would bring up to date (apt-get(8)): those from an archive of security updates, and others. */
export function pendingIn(text: string): { security: string[]; others: string[] } {
  const found = text.split("\n").flatMap((line) => {
    const [, name, origins = ""] = /^Inst (\S+) .*?\((.*)\)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, security: /security/i.test(origins) }];
  });
  return {
    security: found.filter(({ security }) => security).map(({ name }) => name),
    others: found.filter(({ security }) => !security).map(({ name }) => name),
  };
}
