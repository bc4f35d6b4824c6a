import { removeLine } from "../../unit/edit-unit.ts";
import { readBoolean } from "../../unit/read-value.ts";
import { timerExample } from "../examples.ts";
import { fromPackage } from "../from-package.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { triggerKeys } from "../timer-schedule.ts";
import { timedService, triggeredBy } from "../triggers.ts";
import { unitsNamed } from "../unit-names.ts";

const job = "[Service]\nType=oneshot\nTimeoutStartSec=10min\nExecStart=/usr/bin/job\n";
/** A timer by itself: whether it elapses, and what it starts. */
export const timerRules: readonly Rule[] = [
  {
    id: "timer-without-trigger",
    level: "will-not-start",
    reason: "a timer needs at least one time at which it elapses",
    happens: '"Timer unit lacks value setting": systemd refuses to load it',
    source: "systemd.timer(5)",
    bad: timerExample("Unit=job.service"),
    good: timerExample("OnCalendar=daily"),
    *check(unit) {
      // An instance of a template may have its times in a drop-in.
      if (unit.type !== "timer" || unit.partial || unit.template) return;
      const keys = [...triggerKeys, "OnClockChange", "OnTimezoneChange"];
      if (keys.some((key) => unit.settings.all("Timer", key).length > 0)) return;
      const [first] = unit.settings.written;
      if (!first) return;
      const at = unit.settings.written.find(({ section }) => section === "Timer") ?? first;
      yield {
        ...atKey(at.file, at),
        says: "no OnCalendar= and no other time in [Timer]",
        fix: "OnCalendar=daily, for example",
      };
    },
  },
  {
    id: "timer-without-service",
    level: "will-not-start",
    reason: "a timer starts the service of its own name, or that of Unit=, and there is none",
    happens: 'systemd refuses to start the timer: "unit to trigger not loaded"',
    source: "measured with systemd 252",
    bad: {
      units: { "job.timer": "[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n" },
      host: {},
    },
    good: {
      units: {
        "job.timer": "[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n",
        "job.service": job,
      },
      host: {},
    },
    *check(unit, context) {
      if (unit.type !== "timer" || unit.partial) return;
      const name = triggeredBy(unit);
      if (name === null || name.includes("%") || context.unit(name) !== null || context.host?.hasUnit(name))
        return;
      // One file by itself does not tell what lies beside it.
      if (context.host === null && context.units.length < 2) return;
      const written = unit.settings.last("Timer", "Unit");
      const first = written ?? unit.settings.written.find(({ section }) => section === "Timer");
      if (!first) return;
      yield {
        ...(written ? atValue(first.file, first) : atKey(first.file, first)),
        says: `${unit.name} starts ${name}, ${context.host ? "which this host does not have" : "which is not among these files"}`,
        fix: `write ${name}; or Unit= with the name of the service that is meant`,
        ...(context.host ? {} : { level: "risky" as const }),
      };
    },
  },
  {
    id: "timer-requires-service",
    level: "will-not-do-what-it-says",
    reason: "a timer knows its service already; Requires= and Wants= start it together with the timer",
    happens:
      "the job runs at boot and each time the timer is started; with Requires=, stopping the job stops its timer too",
    source: "measured with systemd 252; systemd#14642",
    bad: {
      units: {
        "job.timer":
          "[Unit]\nRequires=job.service\n\n[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n",
        "job.service": job,
      },
    },
    good: timerExample("OnCalendar=daily"),
    *check(unit) {
      if (unit.type !== "timer") return;
      const own = triggeredBy(unit);
      for (const key of ["Requires", "Wants", "BindsTo", "Upholds"])
        for (const { setting, name, start, end } of unitsNamed(unit, key))
          if (name !== null && name === own)
            yield {
              ...atValue(setting.file, setting, { start, end }),
              says: `${key}=${name} starts the job whenever the timer is started`,
              fix: `take ${key}= out`,
              ...(setting.value.trim() === name ||
              unitsNamed(unit, key).filter((one) => one.setting === setting).length === 1
                ? { edits: [removeLine(setting)] }
                : {}),
            };
    },
  },
  {
    id: "timer-never-begins",
    level: "will-not-do-what-it-says",
    reason:
      "OnUnitActiveSec= and OnUnitInactiveSec= count from a run of the service, and nothing brings about the first one",
    happens: 'the timer is "elapsed" at once and never fires',
    source: "measured with systemd 252",
    bad: timerExample("OnUnitActiveSec=5min"),
    good: timerExample("OnActiveSec=5min\nOnUnitActiveSec=5min"),
    *check(unit, context) {
      if (unit.type !== "timer" || unit.partial) return;
      const written = triggerKeys.filter((key) => unit.settings.all("Timer", key).length > 0);
      if (written.length === 0 || !written.every((key) => key.startsWith("OnUnit"))) return;
      if (
        ["OnClockChange", "OnTimezoneChange"].some((key) =>
          readBoolean(unit.settings.value("Timer", key) ?? "no"),
        )
      )
        return;
      // A service that something else starts gives the first run.
      const service = timedService(unit, context);
      if (service?.settings.has("Install", "WantedBy")) return;
      const setting = unit.settings.last("Timer", written[0]!)!;
      if (fromPackage(setting.file.path) && !service) return;
      yield {
        ...atKey(setting.file, setting),
        says: `${written.join("= and ")}= alone: there is no first run to count from`,
        fix: `OnActiveSec=${setting.value} as well`,
      };
    },
  },
  {
    id: "persistent-without-calendar",
    level: "will-not-do-what-it-says",
    reason: "Persistent= makes up for missed times of OnCalendar= only",
    happens: "the setting has no effect",
    source: "systemd.timer(5)",
    bad: timerExample("OnBootSec=10min\nOnUnitActiveSec=1d\nPersistent=yes"),
    good: timerExample("OnCalendar=daily\nPersistent=yes"),
    *check(unit) {
      if (unit.type !== "timer" || unit.partial || unit.template) return;
      const persistent = unit.settings.last("Timer", "Persistent");
      if (!persistent || readBoolean(persistent.value) !== true || unit.settings.has("Timer", "OnCalendar"))
        return;
      yield {
        ...atKey(persistent.file, persistent),
        says: "Persistent= without OnCalendar= does nothing",
        fix: "OnCalendar= instead, if missed runs are to be made up for; otherwise take Persistent= out",
        edits: [removeLine(persistent)],
        ...(fromPackage(persistent.file.path) ? { level: "risky" as const } : {}),
      };
    },
  },
];
