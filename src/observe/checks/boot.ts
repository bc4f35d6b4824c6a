import { isLingering } from "../../host/lingering.ts";
import { textOf, listOf } from "../../host/properties.ts";
import { unitName } from "../../value/unit-name.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** Enabled, and wanted by a target that is really reached at boot. */
export async function checkBoot(input: CheckInput): Promise<Check | null> {
  const { host, service, properties } = input;
  if (service.job) return checkTimer(input);
  const enabled = textOf(properties, "UnitFileState") === "enabled";
  if (!service.enable)
    return check(
      input,
      "boot",
      "does not start at boot",
      enabled ? "warning" : "ok",
      enabled ? "it is enabled" : "as declared",
      enabled ? `holdfast disable ${service.name}` : null,
    );
  const promise = "starts at boot";
  if (!enabled && input.desired.probation?.enable === "after")
    return check(
      input,
      "boot",
      promise,
      "warning",
      "not before it has passed its probation",
      `see: holdfast probation ${service.name}`,
    );
  if (!enabled)
    return check(
      input,
      "boot",
      promise,
      "failed",
      `it is ${textOf(properties, "UnitFileState") || "not installed"}`,
      `holdfast enable ${service.name}`,
    );
  if (host.scope === "user" && !(await isLingering(host)))
    return check(
      input,
      "boot",
      promise,
      "failed",
      "it starts when you log in and stops when you log out: lingering is off",
      "loginctl enable-linger",
    );
  const targets = listOf(properties, "WantedBy");
  for (const target of targets) {
    const { ActiveState } = await host.systemd.properties(unitName(target), ["ActiveState"]);
    if (ActiveState === "active")
      return check(input, "boot", promise, "ok", `enabled, wanted by ${target}, which this boot reached`);
  }
  return check(
    input,
    "boot",
    promise,
    "failed",
    targets.length === 0
      ? "it is enabled, but no target wants it"
      : `it is wanted by ${targets.join(", ")}, which this boot did not reach`,
    "systemctl set-default multi-user.target",
  );
}

/** A job comes by its timer: armed now, and again at every boot. */
async function checkTimer(input: CheckInput): Promise<Check | null> {
  const { host, desired, service } = input;
  const timer = desired.timers.find((candidate) => candidate.job === service.name);
  if (!timer?.enable) return null;
  const found = await host.systemd.properties(timer.unit, ["ActiveState", "UnitFileState"]);
  const [active, enabled] = [textOf(found, "ActiveState"), textOf(found, "UnitFileState")];
  const promise = "its timer is armed, now and at boot";
  if (active === "active" && enabled === "enabled") return check(input, "timer", promise, "ok", "in force");
  return check(
    input,
    "timer",
    promise,
    "failed",
    `${timer.unit} is ${active} and ${enabled || "not installed"}`,
    "holdfast apply",
  );
}
