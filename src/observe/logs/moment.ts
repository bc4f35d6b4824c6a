import type { Host } from "../../host/host.ts";
import { exitCode, HoldfastError } from "../../report/diagnostic.ts";
import { parseDuration } from "../../value/duration.ts";

/**
 * A moment as people write it, in microseconds since the epoch: all that journalctl takes (systemd.time(7)), a span
 * such as "10m" for that long ago, and the times that our own JSON has.
 */
export async function readMoment(host: Pick<Host, "run">, text: string, now: Date): Promise<number> {
  const span = parseDuration(text);
  if (span.ok && span.value !== Infinity) return (now.getTime() - span.value) * 1000;
  const [, iso, fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (iso !== undefined) return Date.parse(iso + zone) * 1000 + microsecondsOf(fraction);
  const answer = await host.run(["systemd-analyze", "timestamp", "--", text]);
  const seconds = /UNIX seconds: @(\d+)(?:\.(\d+))?/.exec(answer.stdout);
  if (answer.status === 0 && seconds) return Number(seconds[1]) * 1e6 + microsecondsOf(seconds[2] ?? "");
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-time",
      summary: `Cannot tell what time "${text}" is`,
      detail:
        "expected a span such as 10m or 2h, a day such as today or yesterday, or a time such as 2026-11-21 08:00",
      fix: "--since 10m",
    },
    exitCode.usage,
  );
}

function microsecondsOf(fraction: string): number {
  return Number(fraction.padEnd(6, "0").slice(0, 6));
}
