import { setTimeout as pause } from "node:timers/promises";
import type { Row } from "../measure.ts";
import { memoryOf } from "../processes.ts";
import { applyTalker, writeLines } from "./lines.ts";
import { freshAgent, openPlace, type Place } from "./place.ts";

const rate = 20_000;
const count = 300_000;

/** How many lines the agent can follow, against journalctl alone; and what happens to it when there are more. */
export async function journalRows(): Promise<Row[]> {
  await using place = await openPlace();
  await applyTalker(place, "lines");
  await freshAgent(place, 1);
  const { pid, below } = await place.agent();
  const before = (await memoryOf(place.host, pid)).rss;
  const agent = await follows(place, below[0]!, pid);

  await place.run("systemctl", "stop", "holdfast-agent.service");
  const child = await place.host.spawn([
    "sh",
    "-c",
    "echo $$; exec journalctl --namespace=lines -f -n 0 -o json >/dev/null",
  ]);
  const alone = await follows(place, await firstNumber(child));
  child.kill("SIGKILL");

  const thousands = (perSecond: number): string => `${(perSecond / 1000).toFixed(1)} 000`;
  const kept = ({ behind, written }: Followed): string =>
    `${(behind / 1000).toFixed(1)} s behind at the end of ${thousands(written)} lines/s`;
  const mebibytes = (kibibytes: number): string => (kibibytes / 1024).toFixed(1);
  return [
    {
      what: `journal, ${count / rate} s of it: the agent`,
      measured: kept(agent),
      target: `keeps up with ${rate}/s: at most 1.5 s`,
      met: agent.written > rate * 0.97 && agent.behind <= 1500,
    },
    { what: "  journalctl -f -o json alone", measured: kept(alone), target: "", met: null },
    {
      what: `  ${count} lines that wait: the agent`,
      measured: `${thousands(agent.backlog)} lines/s`,
      target: `at least ${rate}; journald itself took ${thousands(agent.flood)}/s`,
      met: agent.backlog >= rate,
    },
    {
      what: "  journalctl -f -o json alone",
      measured: `${thousands(alone.backlog)} lines/s`,
      target: "",
      met: null,
    },
    {
      what: "  RSS of the agent: before, at that rate, so many lines behind",
      measured: `${[before, ...agent.most].map(mebibytes).join(", ")} MiB`,
      target: "bounded: at most 10 MiB more",
      met: Math.max(...agent.most) - before <= 10 * 1024,
    },
  ];
}

/** Lines per second; milliseconds; KiB. */
type Followed = { written: number; behind: number; flood: number; backlog: number; most: number[] };

/** How a journalctl, and whoever reads from it (`reader`), follows lines as they are written, and then those that have waited. */
async function follows(place: Place, journalctl: number, reader = journalctl): Promise<Followed> {
  const kill = (signal: string): Promise<string> => place.run("kill", `-${signal}`, String(journalctl));
  const live = delivered(place, journalctl);
  const atRate = highest(place, reader);
  const written = await writeLines(place, { count, perSecond: rate });
  const behind = (await live) - written.endedAt;
  const most = [await atRate.end()];

  await kill("STOP");
  const flood = await writeLines(place, { count, perSecond: 0 });
  await pause(2000);
  const whenBehind = highest(place, reader);
  const began = Date.now();
  const end = delivered(place, journalctl);
  await kill("CONT");
  const took = (await end) - began;
  most.push(await whenBehind.end());
  return { written: written.perSecond, behind, flood: flood.perSecond, backlog: count / (took / 1000), most };
}

/** When a reader of the journal has written the last of what it has: it waits for whoever reads from it, so both are through. */
async function delivered(place: Place, pid: number): Promise<number> {
  const written = async (): Promise<string> =>
    /^wchar: (\d+)$/m.exec((await place.host.read(`/proc/${pid}/io`)) ?? "")?.[1] ?? "";
  const first = await written();
  let [last, at] = [first, Date.now()];
  while (last === first || Date.now() - at < 3000) {
    await pause(20);
    const now = await written();
    if (now !== last) [last, at] = [now, Date.now()];
  }
  return at;
}

/** The most memory that a process has had since, in KiB. */
function highest(place: Place, pid: number): { end(): Promise<number> } {
  const end = new AbortController();
  const work = (async () => {
    let most = 0;
    while (!end.signal.aborted) {
      most = Math.max(most, (await memoryOf(place.host, pid)).rss);
      await pause(100);
    }
    return most;
  })();
  return {
    async end() {
      end.abort();
      return work;
    },
  };
}

async function firstNumber(child: { stdout: NodeJS.ReadableStream | null }): Promise<number> {
  for await (const chunk of child.stdout!) return Number(String(chunk).split("\n")[0]);
  throw new Error("it said nothing");
}
