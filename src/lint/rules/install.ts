import { nearest } from "../../spec/nearest.ts";
import { fromPackage } from "../from-package.ts";
import { type LintUnit, ownSection } from "../lint-unit.ts";
import { restartOf, serviceType } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";
import { triggersOf } from "../triggers.ts";
import { isUnitName, namesUnit, stemOf, systemTargets, unitsNamed } from "../unit-names.ts";

/** [Install]: what starts the unit at boot. */
export const installRules: readonly Rule[] = [
  {
    id: "wanted-by-unknown",
    level: "will-not-do-what-it-says",
    reason: "WantedBy= names the unit that pulls this one in, and there is none of that name",
    happens: "systemctl enable makes the link all the same, and the unit is never started at boot",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multiuser.target\n",
    good: "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit, context) {
      if (unit.scope === "user") return;
      for (const key of ["WantedBy", "RequiredBy", "UpheldBy"])
        for (const { setting, name, start, end } of unitsNamed(unit, key, "Install")) {
          if (name === null || !isUnitName(name) || systemTargets.has(name) || context.unit(name)) continue;
          if (name.endsWith(".device")) continue;
          const near = nearTarget(name);
          const missing = context.host !== null && !context.host.hasUnit(name);
          // Packages name units of others, which need not be installed.
          if (fromPackage(setting.file.path) || (context.host !== null ? !missing : near === undefined))
            continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${name}: ${missing ? "this host has no such unit" : "systemd has no such target"}`,
            fix: near === undefined ? "WantedBy=multi-user.target" : `${key}=${near}`,
          };
        }
    },
  },
  {
    id: "wanted-by-graphical",
    level: "risky",
    needsHost: true,
    reason: "graphical.target is started on a desktop; this host boots into another target",
    happens: "the unit is enabled and not started at boot",
    source: "systemd.special(7)",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=graphical.target\n" },
      host: {},
    },
    good: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n",
      },
      host: {},
    },
    *check(unit, context) {
      const boot = context.host!.defaultTarget;
      if (unit.scope === "user" || boot === null || boot === "graphical.target") return;
      const wanted = unitsNamed(unit, "WantedBy", "Install");
      const [first] = wanted;
      if (
        !first ||
        wanted.some(({ name }) => name !== "graphical.target") ||
        fromPackage(first.setting.file.path)
      )
        return;
      yield {
        ...atValue(first.setting.file, first.setting, first),
        says: `WantedBy=graphical.target, but this host boots into ${boot}`,
        fix: "WantedBy=multi-user.target, which graphical.target starts too",
      };
    },
  },
  {
    id: "not-installed",
    level: "risky",
    reason: "a unit without WantedBy= can be started by hand, and nothing starts it at boot",
    happens:
      "systemctl enable says that there is nothing to do, and after a reboot the service is not running",
    source: "systemd.unit(5)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=30s\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit, context) {
      const own = unit.settings.files[0]!;
      if (unit.partial || unit.template || fromPackage(own.path) || own.path.startsWith("/run/")) return;
      if (unit.settings.sections.includes("Install")) return;
      const main =
        unit.type === "service"
          ? /^(always|on-failure|on-abnormal)$/.test(restartOf(unit))
            ? unit.settings.last("Service", "Restart")
            : null
          : /^(timer|socket|path)$/.test(unit.type)
            ? unit.settings.written.find(({ section }) => section === ownSection(unit))
            : null;
      if (!main || (unit.type === "service" && serviceType(unit) === "oneshot")) return;
      if (unit.type === "service" && (serviceType(unit) === "dbus" || triggersOf(unit, context).length > 0))
        return;
      if (context.units.some((other) => other !== unit && pulls(other, unit.name))) return;
      yield {
        ...atValue(main.file, main),
        says: `nothing starts ${unit.name} at boot: it has no [Install] section, and no unit here wants it`,
        fix: `[Install] with WantedBy=${usualTarget(unit)}`,
      };
    },
  },
];

/** The target of systemd that is mistyped here, such as multi-user for multiuser. */
function nearTarget(name: string): string | undefined {
  if (!name.endsWith(".target") || name.length < 12) return undefined;
  const near = nearest(stemOf(name), [...systemTargets].map(stemOf));
  return near && `${near}.target`;
}

function pulls(other: LintUnit, name: string): boolean {
  return (
    namesUnit(other, pulling, name) ||
    [
      ["Service", "Sockets"],
      ["Install", "Also"],
    ].some(([section, key]) => unitsNamed(other, key!, section).some((one) => one.name === name))
  );
}

function usualTarget({ type, scope }: LintUnit): string {
  if (type === "timer" || type === "socket" || type === "path") return `${type}s.target`;
  return scope === "user" ? "default.target" : "multi-user.target";
}

const pulling = ["Wants", "Requires", "BindsTo", "Upholds", "OnFailure", "OnSuccess"];
