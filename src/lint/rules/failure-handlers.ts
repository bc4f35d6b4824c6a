import { fromPackage } from "../from-package.ts";
import { commandsOf, serviceType } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";
import { isUnitName, unitsNamed } from "../unit-names.ts";

/** OnFailure= and the unit that it starts. */
export const failureHandlerRules: readonly Rule[] = [
  {
    id: "failure-handler-missing",
    level: "will-not-do-what-it-says",
    reason: "OnFailure= and OnSuccess= start a unit, and it is not there",
    happens: "systemd logs that it cannot start it; nobody is told of the failure, ever",
    source: "systemd.unit(5)",
    bad: {
      units: { "bot.service": "[Unit]\nOnFailure=notify@%n.service\n\n[Service]\nExecStart=/usr/bin/bot\n" },
      host: {},
    },
    good: {
      units: {
        "bot.service": "[Unit]\nOnFailure=notify@%n.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "notify@.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/notify %i\n",
      },
      host: {},
    },
    *check(unit, context) {
      for (const key of ["OnFailure", "OnSuccess"])
        for (const { setting, written, name, start, end } of unitsNamed(unit, key)) {
          // Of "notify@%n.service" in a template only the name of the other template is known.
          const known = name ?? written.replace(/@.*(?=\.\w+$)/, "@x");
          if (!isUnitName(known) || context.unit(known) !== null || context.host?.hasUnit(known)) continue;
          // Files by themselves do not tell what else a host has; packages name what may be there.
          if ((context.host === null && context.units.length < 2) || fromPackage(setting.file.path)) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${key}=${written}: ${context.host === null ? `${known} is not among these files` : `this host has no ${known}`}`,
            fix: known.endsWith(".service.service")
              ? `install the template ${known.slice(0, known.indexOf("@") + 1) || known}.service; %n ends in .service already, %N does not`
              : `install ${known.replace(/@.+(?=\.\w+$)/, "@")}`,
            ...(context.host === null ? { level: "risky" as const } : {}),
          };
        }
    },
  },
  {
    id: "failure-handler-at-boot",
    level: "will-not-do-what-it-says",
    reason:
      "a unit that OnFailure= starts is to run after a failure only, and this one is wanted by a target as well",
    happens: "it runs at each boot, and tells of a failure that has not happened",
    bad: {
      units: {
        "bot.service": "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "alert.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    good: {
      units: {
        "bot.service": "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    *check(unit, context) {
      for (const { setting, name } of unitsNamed(unit, "OnFailure")) {
        const handler = name === null ? null : context.unit(name);
        if (!handler || handler.type !== "service") continue;
        for (const wanted of handler.settings.all("Install", "WantedBy"))
          yield {
            ...atValue(wanted.file, wanted),
            says: `${handler.name} is what ${unit.name} starts on failure (line ${setting.line}), and ${wanted.value} starts it at boot`,
            fix: "take the [Install] section out",
          };
      }
    },
  },
  {
    id: "failure-handler-without-timeout",
    level: "risky",
    reason: "a oneshot service has no time limit by default, and one that still runs is not started again",
    happens: "when the alert hangs once, on a network for example, later failures are told to nobody",
    bad: {
      units: {
        "bot.service": "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "alert.service": "[Service]\nType=oneshot\nExecStart=/usr/bin/alert\n",
      },
    },
    good: {
      units: {
        "bot.service": "[Unit]\nOnFailure=alert.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "alert.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert\n",
      },
    },
    *check(unit, context) {
      for (const { name } of unitsNamed(unit, "OnFailure")) {
        const handler = name === null ? null : context.unit(name);
        if (handler?.type !== "service" || serviceType(handler) !== "oneshot") continue;
        if (["TimeoutStartSec", "TimeoutSec"].some((key) => handler.settings.has("Service", key))) continue;
        const start = handler.settings.last("Service", "ExecStart");
        if (!start || fromPackage(start.file.path)) continue;
        const type = handler.settings.last("Service", "Type") ?? start;
        yield {
          ...atValue(type.file, type),
          says: `${handler.name} is started on failure, and nothing ends it when it hangs`,
          fix: "TimeoutStartSec=1min",
        };
      }
    },
  },
  {
    id: "failure-handler-doubled-suffix",
    level: "will-not-do-what-it-says",
    reason: '%n is the whole name with ".service", so that "%i.service" in the handler says it twice',
    happens: 'the handler asks for "bot.service.service", which does not exist',
    source: "systemd.unit(5), SPECIFIERS",
    bad: {
      units: {
        "bot.service": "[Unit]\nOnFailure=notify@%n.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "notify@.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/systemctl status --no-pager %i.service\n",
      },
    },
    good: {
      units: {
        "bot.service": "[Unit]\nOnFailure=notify@%N.service\n\n[Service]\nExecStart=/usr/bin/bot\n",
        "notify@.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/systemctl status --no-pager %i.service\n",
      },
    },
    *check(unit, context) {
      for (const key of ["OnFailure", "OnSuccess"])
        for (const { setting, written, name, start, end } of unitsNamed(unit, key)) {
          const suffix = written.endsWith("@%n.service") ? ".service" : null;
          const handler = name === null ? null : context.unit(name);
          if (suffix === null || !handler?.template || !unit.name.endsWith(suffix)) continue;
          const doubles = commandsOf(handler, "ExecStart").some((one) =>
            /%[iI]\.service\b/.test(one.setting.value),
          );
          if (!doubles) continue;
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `${handler.name} makes "%i.service" of an instance that ends in .service already`,
            fix: `write ${written.replace("%n", "%N")}`,
          };
        }
    },
  },
];
