import type { Host } from "../../host/host.ts";
import { describeDuration } from "../../value/duration.ts";
import { probeOf, reading } from "./local-probe.ts";

/** What the host's time service says. `offset` in milliseconds; null when it does not say. */
export type ClockFacts = { service: string; synchronised: boolean; offset: number | null };

/** How far the clock is off, as the time service of the host reports it: chrony, or systemd-timesyncd. */
export const probeClock = probeOf("clock", async ({ host, check }, look) => {
  const limit = look.offset / 1000;
  const facts = (await askChrony(host, check.timeout)) ?? (await askTimesyncd(host, check.timeout));
  if (facts === null)
    return reading("unknown", "no time service keeps the clock, so nobody knows how far it is off", {
      limit,
    });
  const { service, synchronised, offset } = facts;
  if (!synchronised) return reading("fail", `${service} has not synchronised the clock`, { limit });
  if (offset === null)
    return reading("ok", `the clock is synchronised by ${service}, which does not say how well`, { limit });
  const value = Math.round(Math.abs(offset)) / 1000;
  const says = `the clock is ${describeOffset(offset)} off, says ${service}`;
  if (Math.abs(offset) < look.offset) return reading("ok", says, { value, limit });
  return reading("fail", `${says}, over ${describeDuration(look.offset)}`, { value, limit });
});

function describeOffset(millis: number): string {
  return Math.abs(millis) < 1 ? "less than 1 ms" : describeDuration(Math.abs(millis));
}

/** chronyc(1), -c: the fifth field is the offset of the system clock in seconds, the last the leap status. */
async function askChrony(host: Host, timeout: number): Promise<ClockFacts | null> {
  const { status, stdout } = await host.run(["chronyc", "-n", "-c", "tracking"], { timeout });
  const fields = stdout.trim().split(",");
  if (status !== 0 || fields.length < 14) return null;
  return {
    service: "chrony",
    synchronised: fields.at(-1) !== "Not synchronised",
    offset: Number(fields[4]) * 1000,
  };
}

/** timedatectl(1). What is not systemd-timesyncd may still keep the clock, and the kernel then knows that it is kept. */
async function askTimesyncd(host: Host, timeout: number): Promise<ClockFacts | null> {
  const shown = await host.run(["timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized"], { timeout });
  const synchronised = shown.stdout.includes("NTPSynchronized=yes");
  if (shown.status !== 0 || (!synchronised && !/^NTP=yes$/m.test(shown.stdout))) return null;
  const status = await host.run(["timedatectl", "timesync-status"], { timeout });
  const offset = parseOffset(status.stdout);
  return { service: offset === null ? "a time service" : "systemd-timesyncd", synchronised, offset };
}

/** "Offset: -1min 2.345s" or "+1.234ms"; null when there is none. */
export function parseOffset(text: string): number | null {
  const line = /^\s*Offset: ([+-])(.+)$/m.exec(text);
  if (!line) return null;
  const minute = 60_000;
  const day = 1440 * minute;
  const [month, year] = [30.44 * day, 365.25 * day];
  const small = { us: 0.001, ms: 1, s: 1000, min: minute, h: 60 * minute };
  const units: Readonly<Record<string, number>> = { ...small, d: day, w: 7 * day, month, y: year };
  let total = 0;
  for (const [, amount, unit] of line[2]!.matchAll(/([\d.]+)\s*([a-z]+)/g))
    total += Number(amount) * (units[unit!] ?? Infinity);
  return line[1] === "-" ? -total : total;
}
