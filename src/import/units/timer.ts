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

/** Why a timer cannot be the timer of a job; null when it can. */
export function refuseTimer(force: InForce): string | null {
  const elapses = [...(force.sections.get("Timer")?.keys() ?? [])].some((key) => /^On[A-Z]/.test(key));
  if (!elapses) return "it names no time at which it would start it";
  return force.sections.get("Install")?.size
    ? null
    : "it has no [Install]: something else starts it, and goes on doing so";
}

/** The keys of a timer: when it elapses, and whether it makes up for a time that has passed. */
export function takeTimer(
  timer: FoundUnit,
  force: InForce,
  refused: ReadonlyMap<string, string>,
  { zone, job, isArmed }: { zone: string; job: string; isArmed: boolean },
): { keys: readonly Key[]; claims: Taking["claims"] } {
  const taking = new Taking(timer, force, refused);
  if (timer.name.replace(/\.timer$/, "") !== job.replace(/\.service$/, ""))
    taking.keys.push({ key: ["timer"], value: timer.name, why: "it keeps its name, too" });
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
  if (!isArmed)
    taking.keys.push({ key: ["enable"], value: false, why: "its timer is not armed at boot on this host" });
  const wanted = taking.left(["Install", "WantedBy"]);
  if (wanted.length === 1 && wanted[0]!.value === "timers.target") taking.drop(["Install", "WantedBy"]);
  return {
    keys: [...taking.keys, ...taking.rest({ Unit: "TimerUnit", Timer: "Timer", Install: "TimerInstall" })],
    claims: taking.claims,
  };
}
