import { homedir } from "node:os";
import { join } from "node:path";
import type { Target } from "../compile/target.ts";
import type { Host } from "../host/host.ts";

/** The program that loads profiles into the kernel; it comes with the package apparmor. */
export const appArmorParser = "/usr/sbin/apparmor_parser";

/** Finds out what a host can do; see `Target`. */
export async function readTarget(host: Host, holdfast: string, stateDirectory: string): Promise<Target> {
  const [version, unified, legacyMemory, creds, appArmor, parser] = await Promise.all([
    host.systemd.version(),
    host.files.read("/sys/fs/cgroup/cgroup.controllers"),
    host.files.stat("/sys/fs/cgroup/memory"),
    host.files.stat("/usr/bin/systemd-creds"),
    host.files.read("/sys/module/apparmor/parameters/enabled"),
    host.files.stat(appArmorParser),
  ]);
  const systemd = Number.parseInt(version, 10);
  const settings = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return {
    systemd,
    scope: host.scope,
    cgroup: unified === null ? "v1" : "v2",
    memoryController: unified === null ? legacyMemory !== null : unified.split(/\s+/).includes("memory"),
    encryptsCredentials: host.scope === "system" && systemd >= 250 && creds !== null,
    appArmor: appArmor?.trim() !== "Y" ? "no-kernel" : parser === null ? "no-parser" : "yes",
    holdfast,
    unitDirectory: host.scope === "system" ? "/etc/systemd/system" : join(settings, "systemd/user"),
    settingsDirectory: host.scope === "system" ? "/etc" : settings,
    stateDirectory,
  };
}
