import type { Diagnostic } from "../report/diagnostic.ts";
import { describeDuration } from "../value/duration.ts";
import { declaredChecks, type DeclaredCheck } from "./declared-checks.ts";
import type { WindowSpec } from "./window-schema.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import { parseWeekdayList } from "./windows.ts";

const minute = 60_000;

/** Checks the hours that are declared, and those that checks go by. Their calendars are looked at in check-calendars.ts. */
export function checkWindows(spec: Spec): Diagnostic[] {
  const declared = Object.entries(spec.windows ?? {});
  const used = Object.entries(spec.services).flatMap(([service, { health }]) =>
    declaredChecks({ health }).map((check) => ({ service, check })),
  );
  return [
    ...declared.flatMap(([name, window]) => checkDays(spec, name, window)),
    ...used.flatMap(({ service, check }) => checkDuring(spec, service, check)),
  ];
}

function checkDays(spec: Spec, name: string, { days }: WindowSpec): Diagnostic[] {
  if (days === undefined || parseWeekdayList(days) !== null) return [];
  return [
    {
      severity: "error",
      code: "spec/bad-days",
      summary: `Cannot use ${JSON.stringify(days)} for days of window "${name}"`,
      at: spec.placeOf(["windows", name, "days"]),
      detail: "expected days of the week, such as Mon..Fri or Sat,Sun",
      fix: "days: Mon..Fri",
    },
  ];
}

function checkDuring(spec: Spec, service: string, { id, common, check, path }: DeclaredCheck): Diagnostic[] {
  const { during } = common;
  if (during === undefined) return [];
  const at = spec.placeOf(["services", service, ...path, "during"]);
  const windows = spec.windows ?? {};
  if (!Object.hasOwn(windows, during)) {
    const known = Object.keys(windows);
    const near = nearest(during, known);
    return [
      {
        severity: "error",
        code: "spec/unknown-window",
        summary: `Cannot find the window "${during}" that check "${id}" of service "${service}" goes by`,
        at,
        detail: known.length === 0 ? "the file declares no windows" : `there are ${known.join(", ")}`,
        fix:
          near === undefined
            ? `declare it at the top: windows: { ${during}: { days: Mon..Fri, hours: 09:30..16:00 } }`
            : `during: ${near}`,
      },
    ];
  }
  const { hours } = windows[during]!;
  const lasts = hours === undefined ? Infinity : ((hours.to - hours.from + 1440) % 1440 || 1440) * minute;
  const lines = check.log ?? check.file;
  const own = Math.max(lines?.fresh ?? 0, lines?.["at-least"]?.window ?? 0, check.beat?.within ?? 0);
  if (own < lasts) return [];
  return [
    {
      severity: "warning",
      code: "spec/never-fails",
      summary: `check "${id}" of service "${service}" can never fail: it needs ${describeDuration(own)} of silence, and the hours of ${during} last ${describeDuration(lasts)}`,
      at,
      related: [{ at: spec.placeOf(["windows", during, "hours"]), note: "the hours" }],
      fix: "make its time shorter, or the hours longer",
    },
  ];
}
