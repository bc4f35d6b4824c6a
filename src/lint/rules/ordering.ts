import type { LintUnit } from "../lint-unit.ts";
import { flagOf } from "../read-settings.ts";
import { atValue, type Finding, type LintContext, type Rule } from "../rule.ts";
import { triggeredBy } from "../triggers.ts";
import { unitsNamed } from "../unit-names.ts";

/** Orders that cannot be kept. */
export const orderingRules: readonly Rule[] = [
  {
    id: "before-early-boot",
    level: "will-not-start",
    reason:
      "a service starts after sysinit.target and basic.target by default, so it cannot be before them as well",
    happens: "an ordering cycle: systemd drops a job at boot, and one service is silently missing",
    source: "systemd.service(5), default dependencies",
    bad: "[Unit]\nBefore=sysinit.target\n\n[Service]\nType=oneshot\nExecStart=/usr/bin/early\n\n[Install]\nWantedBy=sysinit.target\n",
    good: "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n\n[Service]\nType=oneshot\nExecStart=/usr/bin/early\n\n[Install]\nWantedBy=sysinit.target\n",
    *check(unit) {
      if (unit.type !== "service" || unit.partial || unit.scope === "user") return;
      if (flagOf(unit, "DefaultDependencies", "Unit") === false) return;
      for (const { setting, name, start, end } of unitsNamed(unit, "Before"))
        if (name !== null && beforeBasic.test(name))
          yield {
            ...atValue(setting.file, setting, { start, end }),
            says: `Before=${name}, but by default the service is after basic.target, which is after ${name}`,
            fix: "DefaultDependencies=no, with After= for what it needs and Conflicts=shutdown.target and Before=shutdown.target",
          };
    },
  },
  {
    id: "ordering-cycle",
    level: "will-not-start",
    reason: "units that wait for each other in a circle cannot all be started",
    happens: "systemd drops a job at boot to break the circle: one service is silently missing",
    source: "systemd.unit(5); measured with systemd 252",
    bad: {
      units: {
        "a.service": "[Unit]\nAfter=b.service\n\n[Service]\nExecStart=/usr/bin/a\n",
        "b.service": "[Unit]\nAfter=a.service\n\n[Service]\nExecStart=/usr/bin/b\n",
      },
    },
    good: {
      units: {
        "a.service": "[Unit]\nAfter=b.service\n\n[Service]\nExecStart=/usr/bin/a\n",
        "b.service": "[Service]\nExecStart=/usr/bin/b\n",
      },
    },
    *check(unit, context) {
      yield* cyclesOf(context).get(unit) ?? [];
    },
  },
];

const beforeBasic =
  /^(sysinit|basic|sockets|paths|slices|local-fs(-pre)?|swap|cryptsetup(-pre)?|integritysetup(-pre)?|veritysetup(-pre)?|systemd-tmpfiles-setup\.service|systemd-udevd\.service|systemd-journald\.service)(\.target)?$/;

/** One unit waits for another, and where that is written; null when it follows from the kinds of the units. */
type Wait = { other: LintUnit; at: Pick<Finding, "file" | "start" | "end"> | null; text: string };

const known = new WeakMap<LintContext, Map<LintUnit, Finding[]>>();

/** The circles among the units of a run, each told once, at the unit whose name comes first. */
function cyclesOf(context: LintContext): Map<LintUnit, Finding[]> {
  let cycles = known.get(context);
  if (!cycles) known.set(context, (cycles = findCycles(context)));
  return cycles;
}

function findCycles({ units }: LintContext): Map<LintUnit, Finding[]> {
  const found = new Map<LintUnit, Finding[]>();
  const waits = waitsOf(units);
  const state = new Map<LintUnit, "open" | "done">();
  const path: { unit: LintUnit; wait: Wait }[] = [];
  const visit = (unit: LintUnit): void => {
    state.set(unit, "open");
    for (const wait of waits.get(unit) ?? []) {
      const { other } = wait;
      path.push({ unit, wait });
      if (state.get(other) === undefined) visit(other);
      else if (state.get(other) === "open")
        tell(path.slice(path.findIndex((step) => step.unit === other)), found);
      path.pop();
    }
    state.set(unit, "done");
  };
  for (const unit of waits.keys()) if (state.get(unit) === undefined) visit(unit);
  return found;
}

function tell(cycle: readonly { unit: LintUnit; wait: Wait }[], found: Map<LintUnit, Finding[]>): void {
  const steps = cycle.filter(({ wait }) => wait.at !== null);
  const [first] = steps.toSorted((a, b) => (a.unit.name < b.unit.name ? -1 : 1));
  // Units that only refer to themselves are told to systemd's satisfaction: it ignores that.
  if (!first || cycle.length < 2) return;
  const list = found.get(first.unit) ?? [];
  list.push({
    ...first.wait.at!,
    says: `a circle of waiting: ${cycle.map(({ wait }) => wait.text).join(", ")}`,
    fix: "take one of these out",
  });
  found.set(first.unit, list);
}

/** Which units of the run wait for which at start. */
function waitsOf(units: readonly LintUnit[]): Map<LintUnit, Wait[]> {
  const waits = new Map<LintUnit, Wait[]>();
  for (const scope of ["system", "user"] as const) {
    const ours = units.filter((unit) => unit.scope === scope && !unit.masked && !unit.template);
    const byName = new Map(ours.map((unit) => [unit.name, unit]));
    for (const unit of byName.values()) waits.set(unit, []);
    for (const unit of byName.values()) {
      const add = (from: LintUnit | undefined, other: LintUnit | undefined, at: Wait["at"], text: string) => {
        if (from && other) waits.get(from)!.push({ other, at, text });
      };
      for (const key of ["After", "Before"])
        for (const { setting, name, start, end } of unitsNamed(unit, key)) {
          const other = name === null ? undefined : byName.get(name);
          const at = atValue(setting.file, setting, { start, end });
          // Devices, scopes and slices aside, a Before= is the other one's After=.
          if (key === "After") add(unit, other, at, `${unit.name} is after ${name}`);
          else if (other)
            waits.get(other)!.push({ other: unit, at, text: `${other.name} is after ${unit.name}` });
        }
      // A service waits for what starts it: timers, paths and sockets come first.
      const target = triggeredBy(unit);
      const service = target === null ? undefined : byName.get(target);
      add(service, unit, null, `${target} is after ${unit.name}`);
    }
  }
  return waits;
}
