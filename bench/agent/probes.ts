import { median, type Row } from "../measure.ts";
import { openPlace } from "./place.ts";
import { workers } from "./specs.ts";

const rounds = 9;

const measure = `
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.exit(done.stderr.decode() or "failed") if done.returncode else print((used.ru_utime + used.ru_stime) * 1000)
`;

/** What a timer costs that looks after ten services, and what stays of it. */
export async function probesRows(): Promise<Row[]> {
  await using place = await openPlace();
  await place.apply("round", `${await workers(place, "round", 10)}supervision: probes\n`);
  await place.run("systemctl", "stop", "round-check.timer");
  const millis: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const program = [place.holdfast, "check", "round"];
    const used = Number(await place.run("/usr/bin/python3", "-I", "-c", measure, ...program));
    if (round > 0) millis.push(used);
  }
  const stays = (await place.host.run(["pgrep", "-c", "-f", "holdfast-bench-.*/dist/"])).stdout.trim();
  const middle = median(millis);
  return [
    {
      what: "level probes: what stays in memory",
      measured: `${stays} processes`,
      target: "0",
      met: stays === "0",
    },
    {
      what: "  one check of 10 units with beat, log and http: CPU, children included",
      measured: `${middle.toFixed(0)} ms`,
      target: "at most 150 ms",
      met: middle <= 150,
    },
  ];
}
