import { readRecord } from "./record.ts";
import { waitUntil, type World } from "./story.ts";

type Row = Record<string, string | number | null>;

/** What the watcher has written down about a service, oldest first. */
export function eventsOf(run: World["run"], service: string): Promise<Row[]> {
  const sql = "SELECT at, kind, check_id AS check_id, says, data FROM events WHERE service = ? ORDER BY id";
  return readRecord(run, sql, service);
}

export function healsOf(run: World["run"], service: string): Promise<Row[]> {
  return readRecord(run, "SELECT * FROM heals WHERE service = ? ORDER BY id", service);
}

export async function breakerOf(run: World["run"], service: string): Promise<string> {
  const [row] = await readRecord(run, "SELECT state FROM breakers WHERE service = ?", service);
  return String(row?.["state"] ?? "closed");
}

/** The first event of a kind after a moment (milliseconds). */
export function waitForEvent(
  run: World["run"],
  service: string,
  kind: string,
  options: { after?: number; timeout?: number } = {},
): Promise<Row> {
  const { after = 0, timeout = 90_000 } = options;
  return waitUntil(
    `${service}: ${kind}`,
    async () =>
      (await eventsOf(run, service)).find((row) => row["kind"] === kind && Number(row["at"]) >= after)!,
    { timeout, interval: 150 },
  );
}

/** A heal that has come to its end, after a moment (milliseconds). */
export function waitForHeal(
  run: World["run"],
  service: string,
  options: { after?: number; timeout?: number } = {},
): Promise<Row> {
  const { after = 0, timeout = 90_000 } = options;
  return waitUntil(
    `a heal of ${service} is over`,
    async () =>
      (await healsOf(run, service)).find((row) => row["finished"] !== null && Number(row["at"]) >= after)!,
    { timeout, interval: 150 },
  );
}

/** Waits until all checks of a service are good, or are good again and not yet for long. */
export async function waitUntilHealthy(holdfast: World["holdfast"], service: string): Promise<void> {
  await waitUntil(
    `${service} is healthy`,
    async () => [0, 1].includes((await holdfast(`health ${service}`)).status ?? 2),
    {
      timeout: 120_000,
      interval: 250,
    },
  );
}

/** A file that a program uses up as soon as it sees it: there in one step, whole and with its mode. */
export async function putOrder({ host, run }: World, path: string, text: string): Promise<void> {
  await host.write(`${path}.new`, text, 0o666);
  await run(["mv", `${path}.new`, path]).succeeds();
}
