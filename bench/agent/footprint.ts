import { setTimeout as pause } from "node:timers/promises";
import type { Row } from "../measure.ts";
import { cpuOf, memoryOf, type Memory } from "../processes.ts";
import { freshAgent, openPlace, type Place } from "./place.ts";
import { applySleepers, beatForAll, workers } from "./specs.ts";

type Footprint = { agent: Memory & { cpu: number }; below: Memory & { cpu: number } };

const counts = [1, 10, 100, 1000] as const;
const mebibyte = 1024;

/** How the agent grows with what it watches, from a fresh start each time. */
export async function growthRows(windowMillis: number): Promise<Row[]> {
  await using place = await openPlace();
  const prints = new Map<number, Footprint>();
  let services = 0;
  for (const count of counts) {
    await applySleepers(place, `upto-${count}`, count - services);
    if (services === 0) await beatForAll(place);
    services = count;
    await freshAgent(place, count);
    prints.set(count, await footprint(place, windowMillis));
  }
  const each = (from: number, to: number, what: "rss" | "anonymous"): number =>
    (prints.get(to)!.agent[what] - prints.get(from)!.agent[what]) / (to - from);
  const [rss, anonymous] = [each(10, 1000, "rss"), each(10, 1000, "anonymous")];
  return [
    ...counts.map((count): Row => ({
      what: `agent, ${count} units: RSS / PSS / anonymous, CPU`,
      measured: describe(prints.get(count)!.agent),
      target: "",
      met: null,
    })),
    {
      what: "one more unit, 10 to 1000: RSS, anonymous",
      measured: `${rss.toFixed(1)} kB, ${anonymous.toFixed(1)} kB`,
      target: "under 10 kB",
      met: Math.max(rss, anonymous) < 10,
    },
  ];
}

/** Ten services with the checks that people have. */
export async function usualRows(windowMillis: number): Promise<Row[]> {
  await using place = await openPlace();
  await place.apply("usual", await workers(place, "usual", 10));
  await freshAgent(place, 10);
  const { agent, below } = await footprint(place, windowMillis);
  const cores = (millisPerHour: number): number => millisPerHour / 36_000;
  const cpu = agent.cpu + below.cpu;
  return [
    {
      what: "agent, 10 units with beat, log and http: RSS / PSS / anonymous, CPU",
      measured: describe(agent),
      target: "",
      met: null,
    },
    { what: "  its journalctl", measured: describe(below), target: "", met: null },
    {
      what: "  anonymous memory",
      measured: `${((agent.anonymous + below.anonymous) / mebibyte).toFixed(1)} MiB`,
      target: "at most 14 MiB",
      met: agent.anonymous + below.anonymous <= 14 * mebibyte,
    },
    {
      what: "  PSS, with a Node that it shares with nobody",
      measured: `${((agent.pss + below.pss) / mebibyte).toFixed(1)} MiB`,
      target: "beside PM2, both alike: bench:peers",
      met: null,
    },
    {
      what: "  CPU, both",
      measured: `${cores(cpu).toFixed(3)} % of a core`,
      target: "under 0.1 %",
      met: cores(cpu) < 0.1,
    },
  ];
}

async function footprint(place: Place, windowMillis: number): Promise<Footprint> {
  const { pid, below } = await place.agent();
  const used = async (): Promise<[number, number]> => {
    const times = await Promise.all([pid, ...below].map((one) => cpuOf(place.host, one)));
    return [times[0]!, times.slice(1).reduce((sum, time) => sum + time, 0)];
  };
  const [agentBefore, belowBefore] = await used();
  const began = performance.now();
  await pause(windowMillis);
  const [agentAfter, belowAfter] = await used();
  const hours = (performance.now() - began) / 3_600_000;
  const memories = await Promise.all(below.map((one) => memoryOf(place.host, one)));
  const sum = (key: keyof Memory): number => memories.reduce((all, memory) => all + memory[key], 0);
  return {
    agent: { ...(await memoryOf(place.host, pid)), cpu: (agentAfter - agentBefore) / hours },
    below: {
      rss: sum("rss"),
      pss: sum("pss"),
      anonymous: sum("anonymous"),
      cpu: (belowAfter - belowBefore) / hours,
    },
  };
}

function describe({ rss, pss, anonymous, cpu }: Memory & { cpu: number }): string {
  const sizes = [rss, pss, anonymous].map((kibibytes) => (kibibytes / mebibyte).toFixed(1).padStart(5));
  return `${sizes.join(" / ")} MiB ${(cpu / 1000).toFixed(2).padStart(6)} s/h`;
}
