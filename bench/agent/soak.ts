import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openBus } from "../../src/host/dbus.ts";
import { manager } from "../../src/host/systemd-jobs.ts";
import type { Row } from "../measure.ts";
import { memoryOf, type Memory } from "../processes.ts";
import { applyTalker, writeLines } from "./lines.ts";
import { freshAgent, openPlace, type Place } from "./place.ts";
import { applySleepers } from "./specs.ts";

const events = 20_000;
const units = 10;

/** Memory of the agent before and after many events: what grows with them would grow for ever. */
export async function soakRows(): Promise<Row[]> {
  await using place = await openPlace();
  await applySleepers(place, "soak", units);
  await applyTalker(place, "talks");
  await freshAgent(place, units + 1);
  // What the first events bring is made once.
  await changeUnits(place, events / 10);
  await writeLines(place, { count: events / 10, perSecond: 5000 });
  const before = await atRest(place);
  await changeUnits(place, events);
  await writeLines(place, { count: events, perSecond: 5000 });
  const after = await atRest(place);
  const sizes = (key: keyof Memory): string =>
    `${(before[key] / 1024).toFixed(1)} to ${(after[key] / 1024).toFixed(1)}`;
  return [
    {
      what: `soak: ${events} changes of units told by systemd, then ${events} lines: RSS, anonymous`,
      measured: `${sizes("rss")}, ${sizes("anonymous")} MiB`,
      target: "flat: at most 1 MiB more",
      met: after.rss - before.rss <= 1024,
    },
  ];
}

/** A mark on a unit is told to all who listen, like its starts and ends, and costs systemd no process (systemctl(1), "Markers"). */
async function changeUnits(place: Place, count: number): Promise<void> {
  const bus = await openBus({ socket: join(place.host.root, "run/dbus/system_bus_socket") });
  for (let done = 0; done < count; done += units) {
    const marks = done % (2 * units) === 0 ? ["needs-restart"] : [];
    const change = (index: number): Promise<unknown> =>
      bus.call({
        ...manager,
        member: "SetUnitProperties",
        signature: "sba(sv)",
        body: [`soak-s${index}.service`, true, [["Markers", ["as", marks]]]],
      });
    await Promise.all(Array.from({ length: units }, (_, index) => change(index)));
  }
  await bus.close();
}

/** Its collector looks every half minute. */
async function atRest(place: Place): Promise<Memory> {
  await pause(35_000);
  return memoryOf(place.host, (await place.agent()).pid);
}
