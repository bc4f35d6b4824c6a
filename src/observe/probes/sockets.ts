import { countConnections } from "./connections.ts";
import { probeOf, reading } from "./local-probe.ts";
import { processesOf, readGroup } from "./unit-group.ts";

/** How many established TCP connections the service's own processes have. */
export const probeSockets = probeOf("sockets", async ({ host, service }, look) => {
  const group = await readGroup(host, service.unit);
  if (group === null) return reading("unknown", "it has no control group");
  const { count, hidden } = await countConnections(await processesOf(host, group), look.port);
  const where = look.port === null ? "" : ` on port ${look.port}`;
  const says = `it has ${count} connection${count === 1 ? "" : "s"}${where}`;
  const { atLeast, atMost } = look;
  if (atMost !== null && count > atMost)
    return reading("fail", `${says}, over ${atMost}`, { value: count, limit: atMost });
  if (hidden > 0) return reading("unknown", "no permission to look at the files of its processes");
  if (atLeast !== null && count < atLeast)
    return reading("fail", `${says}, at least ${atLeast} needed`, { value: count, limit: atLeast });
  return reading("ok", says, { value: count, limit: atMost ?? atLeast });
});
