import type { Spec } from "../spec/spec.ts";
import { durationOf, formatDuration } from "../value/duration.ts";
import { formatSize, type Size } from "../value/size.ts";
import { formatIni, ownershipMarker, type Artifact } from "./artifact.ts";
import { resolvePath } from "./spec-paths.ts";
import { giveUpTemplate, logNamespace, sliceUnit } from "./names.ts";
import { quoteExecCommand, quotePlain } from "./quote.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";

/** The application's slice (systemd.slice(5)): one place to see and limit all of it. */
export function compileSlice(spec: Spec, target: Target): Artifact {
  const unit = new UnitBuilder(spec, target);
  unit.add("Unit", "Description", quotePlain(`All services of ${spec.app}`), "one slice for the application");
  return unitArtifact(spec, target, sliceUnit(spec.app), unit, ["Unit"]);
}

/** Template that records, through holdfast itself, that a service has given up. Without holdfast it fails alone and harms nothing. */
export function compileGiveUp(spec: Spec, target: Target): Artifact {
  const unit = new UnitBuilder(spec, target);
  const rule = "giving up is recorded, never silent";
  unit.add(
    "Unit",
    "Description",
    quotePlain(`Record that %i of ${spec.app} gave up`.replace("%i", "a service")),
    rule,
  );
  unit.add("Service", "Type", "oneshot", rule);
  const program = quoteExecCommand([
    target.holdfast,
    ...(target.scope === "user" ? ["--user"] : []),
    "record-give-up",
    spec.app,
  ]);
  unit.add("Service", "ExecStart", program.ok ? `${program.text} %i` : program, rule);
  unit.add("Service", "TimeoutStartSec", "60s", "a oneshot without a time-out can hang for ever");
  return unitArtifact(spec, target, giveUpTemplate(spec.app), unit, ["Unit", "Service"]);
}

/** A unit of the application that is not one of its programs. */
export function unitArtifact(
  spec: Spec,
  target: Target,
  name: ReturnType<typeof sliceUnit>,
  unit: UnitBuilder,
  sections: readonly string[],
): Artifact {
  return {
    kind: "unit",
    path: `${target.unitDirectory}/${name}`,
    mode: 0o644,
    text: formatIni([ownershipMarker(spec.app)], sections, unit.directives),
    unit: name,
    directives: unit.directives,
  };
}

/** Limits of the application's own journal (journald.conf(5)); user services have none. */
export function compileJournal(spec: Spec, target: Target): Artifact {
  const unit = new UnitBuilder(spec, target);
  const logs = spec.logs ?? {};
  const max = logs.max ?? ((500 * 1024 ** 2) as Size);
  const cause = (key: keyof typeof logs) =>
    logs[key] === undefined ? `logs.${key} has a default` : ["logs", key];
  unit.add("Journal", "Storage", "persistent", "logs survive a reboot");
  unit.add("Journal", "Compress", "yes", "larger entries are compressed as they are written");
  unit.add("Journal", "SystemMaxUse", formatSize(max), cause("max"));
  if (logs["per-file"] !== undefined)
    unit.add("Journal", "SystemMaxFileSize", formatSize(logs["per-file"]), cause("per-file"));
  if (logs["keep-free"] !== undefined)
    unit.add("Journal", "SystemKeepFree", formatSize(logs["keep-free"]), cause("keep-free"));
  unit.add(
    "Journal",
    "MaxRetentionSec",
    formatDuration(logs.keep ?? durationOf(30 * 86_400_000)),
    cause("keep"),
  );
  unit.add(
    "Journal",
    "MaxFileSec",
    "1d",
    "retention works by file: a file spans a day, so age is right to a day",
  );
  return {
    kind: "journald",
    path: `${target.settingsDirectory}/systemd/journald@${logNamespace(spec.app)}.conf.d/50-holdfast.conf`,
    mode: 0o644,
    text: formatIni([ownershipMarker(spec.app)], ["Journal"], unit.directives),
    directives: unit.directives,
  };
}

/** The service account (sysusers.d(5)): a system user without a login shell. One that exists already is left as it is. */
export function compileAccount(spec: Spec, target: Target): Artifact {
  const lines = [
    ...(spec.group === undefined ? [] : [`g ${spec.group} -`]),
    `u ${spec.user} - "Service account of ${spec.app}" ${tmpfilesField(spec.directory)} /usr/sbin/nologin`,
    ...(spec.group === undefined ? [] : [`m ${spec.user} ${spec.group}`]),
  ];
  return lineFile(
    spec,
    "sysusers",
    `${target.settingsDirectory}/sysusers.d/holdfast-${spec.app}.conf`,
    lines,
  );
}

/** Directories that services write to (tmpfiles.d(5)): made with their owner before the first start, and again at every boot. */
export function compileDirectories(spec: Spec, target: Target): Artifact | null {
  const owner =
    target.scope === "system" && spec.user !== undefined ? `${spec.user} ${spec.group ?? spec.user}` : "- -";
  const lines = new Map<string, string>();
  for (const service of [...Object.values(spec.services), ...Object.values(spec.jobs)]) {
    for (const entry of service.writes ?? []) {
      const [path, mode] = typeof entry === "string" ? [entry, undefined] : [entry.path, entry.mode];
      const full = resolvePath(spec, path);
      lines.set(full, `d ${tmpfilesField(full)} 0${(mode ?? 0o750).toString(8)} ${owner} -`);
    }
  }
  if (lines.size === 0) return null;
  const directory = target.scope === "system" ? "tmpfiles.d" : "user-tmpfiles.d";
  return lineFile(spec, "tmpfiles", `${target.settingsDirectory}/${directory}/holdfast-${spec.app}.conf`, [
    ...lines.values(),
  ]);
}

function lineFile(
  spec: Spec,
  kind: "sysusers" | "tmpfiles",
  path: string,
  lines: readonly string[],
): Artifact {
  return {
    kind,
    path,
    mode: 0o644,
    text: `${ownershipMarker(spec.app)}\n\n${lines.join("\n")}\n`,
    directives: [],
  };
}

/** Fields are split at white space and know specifiers and C escapes. */
function tmpfilesField(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return /[\s"'\\]/.test(text) ? `"${escaped}"` : escaped;
}
