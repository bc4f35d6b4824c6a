import { parseCalendar } from "../../schedule/parse-calendar.ts";
import type { Key } from "../../init/write-keys.ts";
import { readBoolean } from "../../unit/read-value.ts";
import type { InForce } from "./in-force.ts";
import { span } from "./lifecycle.ts";
import { Taking } from "./taking.ts";
import type { FoundUnit } from "./unit-files.ts";

/** The unit that a timer starts. */
export function startedBy(timer: FoundUnit, force: InForce): string {
  const stem = timer.name.replace(/\.timer$/, "");
  const written = force.sections.get("Timer")?.get("Unit")?.at(-1)?.value;
  return (written ?? `${stem}.service`).replaceAll("%p", stem.split("@")[0]!).replaceAll("%N", stem);
}

/** Why a timer cannot be the timer of its job; null when it can. */
export function refuseTimer(timer: FoundUnit, force: InForce, service: string): string | null {
  if (timer.name.replace(/\.timer$/, "") !== service.replace(/\.service$/, ""))
    return `it has another name than what it starts, ${service}, and a job's timer has the same`;
  const elapses = [...(force.sections.get("Timer")?.keys() ?? [])].some((key) => /^On[A-Z]/.test(key));
  if (!elapses) return "it names no time at which it would start it";
  const install = force.sections.get("Install");
  const wanted = [...(install ?? [])].flatMap(([key, settings]) =>
    settings.map(({ value }) => `${key}=${value}`),
  );
  return wanted.every((one) => one === "WantedBy=timers.target")
    ? null
    : `it is installed in another way than a job's timer (${wanted.join(", ")})`;
}

/** The keys of a timer: when it elapses, and whether it makes up for a time that has passed. */
export function takeTimer(
  timer: FoundUnit,
  force: InForce,
  refused: ReadonlyMap<string, string>,
  zone: string,
): { keys: readonly Key[]; claims: Taking["claims"] } {
  const taking = new Taking(timer, force, refused);
  const times = taking.left(["Timer", "OnCalendar"]).map(({ value }) => value);
  const parsed = times.map((time) => parseCalendar(time));
  const readable =
    times.length > 0 && parsed.every(({ ok }) => ok) && times.every((time) => !time.includes("%"));
  const local = parsed.some((one) => one.ok && one.value.zone === null);
  if (readable && taking.put(["at"], times.length === 1 ? times[0]! : times, [["Timer", "OnCalendar"]])) {
    if (local)
      taking.keys.push({
        key: ["zone"],
        value: zone,
        why: "the time zone of the host: OnCalendar= names none",
      });
    if (readBoolean(taking.value(["Timer", "Persistent"]) ?? "no") === true)
      taking.put(["late"], "run", [["Timer", "Persistent"]]);
    else taking.drop(["Timer", "Persistent"]);
  }
  span(taking, ["Timer", "RandomizedDelaySec"], ["jitter"]);
  taking.drop(["Timer", "Unit"]);
  if (!force.sections.has("Install"))
    taking.keys.push({
      key: ["enable"],
      value: false,
      why: "its timer has no [Install], so nothing arms it at boot",
    });
  return {
    keys: [...taking.keys, ...taking.rest({ Unit: "TimerUnit", Timer: "Timer" })],
    claims: taking.claims,
  };
}
