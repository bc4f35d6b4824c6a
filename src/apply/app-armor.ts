import { basename } from "node:path";
import type { Host } from "../host/host.ts";
import { appArmorParser } from "../plan/read-target.ts";

/** The kernel's list of what is loaded: "NAME (enforce)" on each line. */
const loadedProfiles = "/sys/kernel/security/apparmor/profiles";

/** Loads a profile from its file again, as it is there now; false when there is no such file. */
export async function loadProfile(host: Host, path: string): Promise<boolean> {
  if ((await host.files.stat(path)) === null) return false;
  return (await host.run([appArmorParser, "--replace", path])).status === 0;
}

/** Takes a profile out of the kernel; false when it was not in there. By its name alone: its file may be gone. */
export async function unloadProfile(host: Host, path: string): Promise<boolean> {
  const name = basename(path);
  const loaded = (await host.files.read(loadedProfiles)) ?? "";
  if (!loaded.split("\n").some((line) => line.startsWith(`${name} (`))) return false;
  const stdin = `profile ${name} {}\n`;
  return (await host.run([appArmorParser, "--remove"], { stdin })).status === 0;
}
