import { setTimeout as pause } from "node:timers/promises";
import type { Row } from "../measure.ts";
import { cpuOf, memoryOf } from "../processes.ts";
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
  const journalctl = below[0]!;
  const kill = (signal: string): Promise<string> => place.run("kill", `-${signal}`, String(journalctl));

  const before = (await memoryOf(place.host, pid)).rss;
  const cpuBefore = await cpuOf(place.host, pid);
  const live = delivered(place, journalctl);
  const peak = highest(place, pid);
  const written = await writeLines(place, { count, perSecond: rate });
  const behind = (await live) - written.endedAt;
  const cpu = (await cpuOf(place.host, pid)) - cpuBefore;
  const rssLive = await peak.end();

  // All of them wait in the journal, and nothing else is going on.
  await kill("STOP");
  const since = (Date.now() / 1000).toFixed(6);
  const flood = await writeLines(place, { count, perSecond: 0 });
  await pause(2000);
  const peakBehind = highest(place, pid);
  let began = Date.now();
  await kill("CONT");
  const agent = (await delivered(place, journalctl)) - began;
  const rssBehind = await peakBehind.end();
  began = Date.now();
  const alone = await place.host.spawn([
    "sh",
    "-c",
    `echo $$; exec journalctl --namespace=lines -f --no-tail -o json --since=@${since} >/dev/null`,
  ]);
  const aloneEnd = await delivered(place, await firstNumber(alone));
  alone.kill("SIGKILL");

  const perSecond = (millis: number): number => count / (millis / 1000);
  const lines = (millis: number): string => `${(perSecond(millis) / 1000).toFixed(0)} 000 lines/s`;
  const mebibytes = (kibibytes: number): string => (kibibytes / 1024).toFixed(1);
  return [
    {
      what: `journal: ${(written.perSecond / 1000).toFixed(1)} 000 lines/s written for ${count / rate} s; how far behind at the end`,
      measured: `${behind.toFixed(0)} ms, ${((cpu / count) * 1000).toFixed(1)} µs of CPU a line`,
      target: `keeps up with 20 000/s: under 1.5 s`,
      met: written.perSecond > rate * 0.97 && behind < 1500,
    },
    {
      what: "  lines that wait, read by the agent",
      measured: lines(agent),
      target: `written at ${(flood.perSecond / 1000).toFixed(0)} 000/s, which nobody else is given`,
      met: perSecond(agent) >= rate,
    },
    {
      what: "  the same lines, journalctl -f -o json alone",
      measured: lines(aloneEnd - began),
      target: "",
      met: null,
    },
    {
      what: `  RSS of the agent: before, at ${rate} lines/s, ${count} lines behind`,
      measured: `${mebibytes(before)}, ${mebibytes(rssLive)}, ${mebibytes(rssBehind)} MiB`,
      target: "bounded: at most 10 MiB more",
      met: Math.max(rssLive, rssBehind) - before <= 10 * 1024,
    },
  ];
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
