import type { LintUnit } from "../lint-unit.ts";
import { userExample } from "../examples.ts";
import { fromPackage } from "../from-package.ts";
import { restartOf } from "../read-settings.ts";
import { atKey, atValue, type LintContext, type Rule } from "../rule.ts";
import { systemTargets, unitsNamed, userTargets } from "../unit-names.ts";

/** What the units of a user's manager cannot have. */
export const userUnitRules: readonly Rule[] = [
  {
    id: "user-unit-system-target",
    level: "will-not-do-what-it-says",
    reason: "the units of the system do not exist in a user's manager",
    happens: "WantedBy= is enabled and never acts; After= and Wants= do nothing; Requires= fails at start",
    source: "systemd#2690; measured with systemd 252",
    bad: userExample("[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n"),
    good: userExample("[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=default.target\n"),
    *check(unit, context) {
      if (unit.scope !== "user") return;
      for (const section of ["Unit", "Install"])
        for (const key of section === "Unit"
          ? ["After", "Wants", "Requires", "BindsTo", "Requisite", "PartOf"]
          : ["WantedBy", "RequiredBy"])
          for (const setting of unit.settings.all(section, key)) {
            const foreign = unitsNamed(unit, key, section).filter(
              (one) => one.setting === setting && one.name !== null && isOfSystem(one.name, context),
            );
            const [first, last] = [foreign[0], foreign.at(-1)];
            if (!first || !last) continue;
            const at = atValue(setting.file, setting, { start: first.start, end: last.end });
            const boot = foreign.length === 1 && /^(multi-user|graphical)\.target$/.test(first.name!);
            const names = foreign.map(({ name }) => name).join(" and ");
            yield {
              ...at,
              says: `${key}=${names} in a user unit: a user's manager has no such unit`,
              happens: happensThere(key),
              fix:
                section === "Install"
                  ? installFix(unit)
                  : "take it out; a program that needs the network waits for it by itself",
              ...(boot && section === "Install" && unit.type === "service"
                ? { edits: [{ start: at.start, end: at.end, text: "default.target" }] }
                : {}),
              ...(/^(Requires|BindsTo|Requisite)$/.test(key) ? { level: "will-not-start" as const } : {}),
              // What does not exist is only of no use there, and in a package nobody can change it.
              ...(/^(After|PartOf|Wants)$/.test(key) && fromPackage(setting.file.path)
                ? { level: "risky" as const }
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
    bad: userExample(
      "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n\n[Install]\nWantedBy=default.target\n",
      { users: ["me"] },
    ),
    good: userExample(
      "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n\n[Install]\nWantedBy=default.target\n",
      { users: ["me"], lingering: ["me"] },
    ),
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

function isOfSystem(name: string, context: LintContext): boolean {
  return systemTargets.has(name) && !userTargets.has(name) && context.unit(name) === null;
}

function installFix({ type }: LintUnit): string {
  return `WantedBy=${type === "timer" || type === "socket" || type === "path" ? `${type}s` : "default"}.target`;
}

function happensThere(key: string): string {
  if (key === "WantedBy" || key === "RequiredBy")
    return "systemctl --user enable makes the link, and nothing ever starts it";
  return /^(Requires|BindsTo|Requisite)$/.test(key)
    ? '"Unit not found": the start fails'
    : "nothing: it neither waits nor starts anything";
}
