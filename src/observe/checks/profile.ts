import { staleParts } from "../../plan/stale-profile.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** Its sandbox was learned with the program and the systemd that are there now. null where it was not learned. */
export async function checkProfile(input: CheckInput): Promise<Check | null> {
  const { host, service } = input;
  if (!service.profile) return null;
  const promise = `its sandbox (profile ${service.profile.name}) was learned with what is there now`;
  const version = Number.parseInt(await host.systemd.version(), 10);
  const parts = await staleParts(host, service.profile, version);
  if (parts.length === 0) return check(input, "profile", promise, "ok", "in force");
  const fix = `holdfast harden ${service.name} --write, then: holdfast apply`;
  return check(input, "profile", promise, "warning", parts.join(", "), fix);
}
