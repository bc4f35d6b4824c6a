import { check, type Check, type CheckInput } from "../check.ts";

const volatile = new Set(["tmpfs", "ramfs"]);

/** Directories that the service writes to exist, belong to its account, and outlive a reboot. */
export async function checkStorage(input: CheckInput): Promise<Check | null> {
  const { host, service, desired } = input;
  if (service.writes.length === 0) return null;
  const promise = `${service.writes.join(", ")} ${service.writes.length === 1 ? "is" : "are"} its own and outlive a reboot`;
  const uid = desired.user === null ? null : await uidOf(input, desired.user);
  const mounts = await readMounts(input);
  for (const path of service.writes) {
    const stat = await host.files.stat(path);
    if (stat === null)
      return check(input, "storage", promise, "failed", `${path} does not exist`, "holdfast apply");
    if (uid !== null && stat.uid !== uid)
      return check(
        input,
        "storage",
        promise,
        "failed",
        `${path} belongs to the account number ${stat.uid}, not to ${desired.user}`,
        `chown ${desired.user}: ${path}`,
      );
    if ((stat.mode & 0o200) === 0)
      return check(
        input,
        "storage",
        promise,
        "failed",
        `${path} is not writable for its owner`,
        `chmod u+w ${path}`,
      );
    const real = (await host.files.realPath(path)) ?? path;
    const mount = mounts.find(({ at }) => at === "/" || real === at || real.startsWith(`${at}/`));
    if (mount && volatile.has(mount.type))
      return check(
        input,
        "storage",
        promise,
        "failed",
        `${path} is on ${mount.at}, which is kept in memory (${mount.type}) and gone after a reboot`,
        "mount a disk there, or write elsewhere",
      );
    if (mount?.readOnly)
      return check(
        input,
        "storage",
        promise,
        "failed",
        `${path} is on ${mount.at}, which is read-only`,
        `mount -o remount,rw ${mount.at}`,
      );
  }
  return check(input, "storage", promise, "ok", "present and writable");
}

async function uidOf({ host }: CheckInput, user: string): Promise<number | null> {
  const entry = await host.run(["/usr/bin/getent", "passwd", user]);
  return entry.status === 0 ? Number(entry.stdout.split(":")[2]) : null;
}

type Mount = { at: string; type: string; readOnly: boolean };

/** Longest first, later mounts before earlier ones at the same place (proc(5), /proc/self/mounts). */
async function readMounts({ host }: CheckInput): Promise<Mount[]> {
  const lines = ((await host.files.read("/proc/self/mounts")) ?? "").trim().split("\n");
  const mounts = lines.map((line) => {
    const [, at = "", type = "", options = ""] = line.split(" ");
    return {
      at: at.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
      type,
      readOnly: options.split(",").includes("ro"),
    };
  });
  return mounts.toReversed().toSorted((a, b) => b.at.length - a.at.length);
}
