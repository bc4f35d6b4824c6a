import type { Host } from "../host/host.ts";
import { numberOf, textOf } from "../host/properties.ts";
import type { GiveUp } from "../store/records.ts";
import { unitName } from "../value/unit-name.ts";

/** So long it has to run until it counts: a start that fails again a moment later has mended nothing. */
const longEnough = 60_000;

/** Units that gave up and that somebody has started since, without a word to Holdfast. Times in milliseconds since the epoch. */
export async function findRunningAgain(
  host: Pick<Host, "systemd">,
  giveUps: readonly GiveUp[],
  now: number,
): Promise<{ unit: string; since: number }[]> {
  const newest = new Map<string, number>();
  for (const { unit, at } of giveUps) newest.set(unit, Math.max(newest.get(unit) ?? 0, Date.parse(at)));
  const found: { unit: string; since: number }[] = [];
  for (const [unit, gaveUp] of newest) {
    const names = ["ActiveState", "ActiveEnterTimestamp"];
    const properties = await host.systemd.properties(unitName(unit), names);
    const since = numberOf(properties, "ActiveEnterTimestamp") / 1000;
    if (textOf(properties, "ActiveState") !== "active" || since < gaveUp) continue;
    if (now - since >= longEnough) found.push({ unit, since });
  }
  return found;
}
