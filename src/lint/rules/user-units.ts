import { readBoolean } from "../../unit/read-value.ts";
import type { Setting } from "../../unit/settings.ts";
import { fromPackage } from "../from-package.ts";
import type { LintUnit } from "../lint-unit.ts";
import { restartOf } from "../read-settings.ts";
import { atKey, atValue, type LintContext, type Rule } from "../rule.ts";
import { isUnitName, systemTargets, unitsNamed, userTargets } from "../unit-names.ts";

/** User-scope units as examples: one service, of a user's manager. */
const inUserScope = (text: string, systemd = 252) => ({
  scope: "user" as const,
  systemd,
  units: { "bot.service": text },
});

/** What the units of a user's manager cannot have. */
export const userUnitRules: readonly Rule[] = [
  {
    id: "user-unit-cannot",
    level: "will-not-start",
    reason: "a user's manager has no right to do what this directive asks for",
    happens: "the service fails at start: 216/GROUP, 217/USER, 218/CAPABILITIES or 226/NAMESPACE",
    source: "measured with systemd 252 and 257",
    bad: inUserScope("[Service]\nExecStart=/usr/bin/bot\nUser=bot\n"),
    good: inUserScope("[Service]\nExecStart=/usr/bin/bot\n"),
    *check(unit, { systemd }) {
      if (unit.scope !== "user") return;
      const mapped = flag(unit, "PrivateUsers");
      for (const { key, status, until, mapping } of impossible) {
        const setting = unit.settings.last("Service", key) ?? emptied(unit, key);
        if (!setting || (until !== undefined && systemd >= until) || (mapping === "helps" && mapped))
          continue;
        if (readBoolean(setting.value) === false) continue;
        if (setting.value === "" && key !== "CapabilityBoundingSet") continue;
        yield {
          ...atKey(setting.file, setting),
          says: `${key}= in a user unit fails with ${status}`,
          fix:
            mapping === "helps" && until !== undefined
              ? "PrivateUsers=yes as well; or a system unit with User="
              : key === "User"
                ? "take it out: the service runs as the user whose manager it is"
                : "take it out; or a system unit with User=",
        };
      }
    },
  },
  {
    id: "user-sandbox-ignored",
    level: "will-not-do-what-it-says",
    reason: "before systemd 254 a user's manager cannot make the mounts for this, and goes on without",
    happens: "no protection at all, and no word about it; with PrivateUsers=yes it works",
    source: "measured with systemd 252; systemd#9870",
    bad: inUserScope("[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\n"),
    good: inUserScope("[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nPrivateUsers=yes\n"),
    *check(unit, { systemd }) {
      if (unit.scope !== "user" || unit.type !== "service" || systemd >= 254 || flag(unit, "PrivateUsers"))
        return;
      for (const key of ignoredMounts) {
        const setting = unit.settings.last("Service", key);
        if (!setting || readBoolean(setting.value) === false) continue;
        yield {
          ...atKey(setting.file, setting),
          says: `${key}= does nothing in a user unit of systemd ${systemd}`,
          fix: "PrivateUsers=yes; or a system unit with User=",
        };
      }
    },
  },
  {
    id: "user-unit-no-effect",
    level: "risky",
    reason: "a user's manager may not do this, and systemd does not say so",
    happens: "no effect was seen",
    source: "measured with systemd 252 and 257",
    bad: inUserScope("[Service]\nExecStart=/usr/bin/bot\nProtectProc=invisible\n"),
    good: inUserScope("[Service]\nExecStart=/usr/bin/bot\nRestrictSUIDSGID=yes\n"),
    *check(unit) {
      if (unit.scope !== "user" || unit.type !== "service") return;
      for (const key of [
        "ProtectProc",
        "ProcSubset",
        "IPAddressDeny",
        "Nice",
        "OOMScoreAdjust",
        "CPUSchedulingPolicy",
        "IOSchedulingClass",
      ]) {
        const setting = unit.settings.last("Service", key);
        if (!setting || !needsRights(setting)) continue;
        yield {
          ...atKey(setting.file, setting),
          says: `${key}=${setting.value} has no sure effect in a user unit`,
          fix: "a system unit with User=",
        };
      }
    },
  },
  {
    id: "user-unit-system-target",
    level: "will-not-do-what-it-says",
    reason: "the units of the system do not exist in a user's manager",
    happens: "WantedBy= is enabled and never acts; After= and Wants= do nothing; Requires= fails at start",
    source: "systemd#2690; measured with systemd 252",
    bad: inUserScope("[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n"),
    good: inUserScope("[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=default.target\n"),
    *check(unit, context) {
      if (unit.scope !== "user") return;
      for (const section of ["Unit", "Install"])
        for (const key of section === "Unit"
          ? ["After", "Wants", "Requires", "BindsTo", "Requisite", "PartOf"]
          : ["WantedBy", "RequiredBy"])
          for (const named of unitsNamed(unit, key, section)) {
            const { setting, name, start, end } = named;
            if (name === null || !isUnitName(name) || !isOfSystem(name, context)) continue;
            const at = atValue(setting.file, setting, { start, end });
            const boot = /^(multi-user|graphical)\.target$/.test(name) && section === "Install";
            yield {
              ...at,
              says: `${key}=${name} in a user unit: a user's manager has no such unit`,
              happens: happensThere(key),
              fix: boot
                ? "WantedBy=default.target"
                : section === "Install"
                  ? "WantedBy=default.target, or timers.target for a timer"
                  : "take it out; a program that needs the network waits for it by itself",
              ...(boot ? { edits: [{ start: at.start, end: at.end, text: "default.target" }] } : {}),
              ...(/^(Requires|BindsTo|Requisite)$/.test(key) ? { level: "will-not-start" as const } : {}),
              // Ordering after what does not exist is only of no use.
              ...(key === "After" || key === "PartOf"
                ? {
                    level: fromPackage(setting.file.path)
                      ? ("risky" as const)
                      : ("will-not-do-what-it-says" as const),
                  }
                : {}),
            };
          }
    },
  },
  {
    id: "user-boot-timer",
    level: "risky",
    reason: "OnBootSec= counts from the boot of the host, and a user's manager is mostly started later",
    happens: "the time has passed already when the user logs in, and the job runs at once",
    source: "systemd.timer(5); secureblue#1268",
    bad: {
      scope: "user",
      units: {
        "sync.timer": "[Timer]\nOnBootSec=5min\n\n[Install]\nWantedBy=timers.target\n",
        "sync.service": "[Service]\nType=oneshot\nTimeoutStartSec=5min\nExecStart=/usr/bin/sync-mail\n",
      },
    },
    good: {
      scope: "user",
      units: {
        "sync.timer": "[Timer]\nOnStartupSec=5min\n\n[Install]\nWantedBy=timers.target\n",
        "sync.service": "[Service]\nType=oneshot\nTimeoutStartSec=5min\nExecStart=/usr/bin/sync-mail\n",
      },
    },
    *check(unit) {
      if (unit.scope !== "user" || unit.type !== "timer") return;
      const boot = unit.settings.last("Timer", "OnBootSec");
      if (!boot || fromPackage(boot.file.path)) return;
      yield {
        ...atKey(boot.file, boot),
        says: `OnBootSec=${boot.value} in a user timer counts from the boot, not from the login`,
        fix: `OnStartupSec=${boot.value}`,
      };
    },
  },
  {
    id: "user-without-linger",
    level: "risky",
    needsHost: true,
    reason: "a user's manager runs from login to logout, unless lingering is on",
    happens: "the service stops at logout, and after a reboot it is not there until the user logs in",
    source: "loginctl(1), enable-linger",
    bad: {
      ...inUserScope(
        "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n\n[Install]\nWantedBy=default.target\n",
      ),
      host: { users: ["me"] },
    },
    good: {
      ...inUserScope(
        "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n\n[Install]\nWantedBy=default.target\n",
      ),
      host: { users: ["me"], lingering: ["me"] },
    },
    *check(unit, context) {
      if (unit.scope !== "user" || unit.partial) return;
      const { host } = context;
      const wanted = unit.settings.last("Install", "WantedBy");
      if (!host || !wanted || fromPackage(wanted.file.path) || host.lingers(host.account)) return;
      const lasting = unit.type === "timer" || (unit.type === "service" && restartOf(unit) !== "no");
      if (!lasting || !/\b(default|timers)\.target\b/.test(wanted.value)) return;
      yield {
        ...atValue(wanted.file, wanted),
        says: `${unit.name} runs only while ${host.account} is logged in`,
        fix: `loginctl enable-linger ${host.account}`,
      };
    },
  },
  {
    id: "system-unit-for-session",
    level: "will-not-do-what-it-says",
    reason: "the targets of a user's session do not exist in the system's manager",
    happens: "systemctl enable makes the link, and the unit is never started",
    source: "systemd.special(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=graphical-session.target\n",
    good: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit) {
      if (unit.scope !== "system") return;
      for (const { setting, name, start, end } of unitsNamed(unit, "WantedBy", "Install"))
        if (name !== null && /^(graphical-session(-pre)?|xdg-desktop-autostart|session)\.target$/.test(name))
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `WantedBy=${name} in a system unit`,
            fix: "WantedBy=multi-user.target; or install it as a user unit",
          };
    },
  },
];

/** What kills a user unit at start; `until` is the first systemd with which it works, `mapping` whether PrivateUsers=yes helps. */
const impossible: readonly { key: string; status: string; until?: number; mapping?: "helps" }[] = [
  { key: "User", status: "216/GROUP" },
  { key: "Group", status: "216/GROUP" },
  { key: "SupplementaryGroups", status: "216/GROUP" },
  { key: "DynamicUser", status: "217/USER" },
  { key: "LogNamespace", status: "226/NAMESPACE" },
  { key: "AmbientCapabilities", status: "218/CAPABILITIES", mapping: "helps" },
  { key: "CapabilityBoundingSet", status: "218/CAPABILITIES", mapping: "helps" },
  { key: "PrivateDevices", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectKernelModules", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectKernelLogs", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectClock", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "RootDirectory", status: "210/CHROOT", until: 254, mapping: "helps" },
];

const ignoredMounts = (
  "ProtectSystem ProtectHome PrivateTmp ReadOnlyPaths ReadWritePaths InaccessiblePaths NoExecPaths TemporaryFileSystem " +
  "BindPaths BindReadOnlyPaths PrivateNetwork PrivateIPC PrivateMounts ProtectControlGroups"
).split(" ");

function flag(unit: LintUnit, key: string): boolean {
  const value = unit.settings.value("Service", key);
  return value !== null && readBoolean(value) !== false;
}

/** An empty assignment takes all capabilities away, which is a setting too. */
function emptied(unit: LintUnit, key: string): Setting | null {
  return (
    (key === "CapabilityBoundingSet" && unit.settings.written.findLast((one) => one.key === key)) || null
  );
}

function needsRights({ key, value }: Setting): boolean {
  if (key === "Nice" || key === "OOMScoreAdjust") return value.startsWith("-");
  if (key === "CPUSchedulingPolicy") return /^(rr|fifo)$/.test(value);
  if (key === "IOSchedulingClass") return /^(realtime|1)$/.test(value);
  return true;
}

function isOfSystem(name: string, context: LintContext): boolean {
  return systemTargets.has(name) && !userTargets.has(name) && context.unit(name) === null;
}

function happensThere(key: string): string {
  if (key === "WantedBy" || key === "RequiredBy")
    return "systemctl --user enable makes the link, and nothing ever starts it";
  return /^(Requires|BindsTo|Requisite)$/.test(key)
    ? '"Unit not found": the start fails'
    : "nothing: it neither waits nor starts anything";
}
