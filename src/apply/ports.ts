import type { Host } from "../host/host.ts";

const listen = "0A";

/** TCP ports that anything on the host listens on, from the kernel's own tables (proc(5), /proc/net/tcp). */
export async function listeningPorts(host: Host): Promise<ReadonlySet<number>> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((path) => host.files.read(path)));
  const ports = new Set<number>();
  for (const line of tables.join("\n").split("\n")) {
    const [, local, , state] = line.trim().split(/\s+/);
    if (state === listen && local) ports.add(Number.parseInt(local.split(":").at(-1)!, 16));
  }
  return ports;
}
