import type { Host } from "./host.ts";

/** Whether the user's own systemd starts at boot and outlives a log-out (loginctl(1), enable-linger). */
export async function isLingering(host: Host): Promise<boolean> {
  const name = (await host.run(["/usr/bin/id", "-un"])).stdout.trim();
  return (await host.files.stat(`/var/lib/systemd/linger/${name}`)) !== null;
}
