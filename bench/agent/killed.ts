import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../src/host/throwaway/until.ts";
import { median, type Row } from "../measure.ts";
import { freshAgent, openPlace } from "./place.ts";
import { workers } from "./specs.ts";

const rounds = 10;
const kill = "import os, sys, time; print(time.monotonic_ns()); os.kill(int(sys.argv[1]), 9)";

/** How long nobody watches after the agent was killed, and whether the services have noticed. */
export async function killedRows(): Promise<Row[]> {
  await using place = await openPlace();
  await place.apply("calm", await workers(place, "calm", 10));
  await freshAgent(place, 10);
  const services = (): Promise<string> =>
    place.run(
      "systemctl",
      "show",
      "--property=MainPID,NRestarts,ActiveEnterTimestampMonotonic",
      "calm-w*.service",
    );
  const readyAt = async (): Promise<number> =>
    Number(
      await place.run(
        "systemctl",
        "show",
        "--value",
        "--property=ActiveEnterTimestampMonotonic",
        "holdfast-agent",
      ),
    ) / 1000;
  const before = await services();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Away from the start, so that each is an agent that has come to rest.
    await pause(2000);
    const { pid } = await place.agent();
    const at = Number(await place.run("/usr/bin/python3", "-I", "-c", kill, String(pid))) / 1e6;
    await until(async () => (await readyAt()) > at, 20_000, 100);
    times.push((await readyAt()) - at);
    await place.watches(10);
  }
  const calm = before === (await services());
  const health = await place.host.run([place.holdfast, "health", "calm"]);
  const most = Math.max(...times);
  return [
    {
      what: "agent killed: until the next one has read the record and watches",
      measured: `${(median(times) / 1000).toFixed(2)} s (most ${(most / 1000).toFixed(2)} s, n=${rounds})`,
      target: "at most 2 s",
      met: most <= 2000,
    },
    {
      what: "  its services meanwhile",
      measured: calm ? "the same processes" : "not the same processes",
      target: `the same, ${health.status === 0 ? "healthy" : "NOT HEALTHY"}`,
      met: calm && health.status === 0,
    },
  ];
}
