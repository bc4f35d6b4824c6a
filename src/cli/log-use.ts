import type { Host } from "../host/host.ts";
import { capOf, readLogSize } from "../observe/logs/log-store.ts";
import { describeSize } from "../value/size.ts";
import type { Chosen } from "./choose.ts";

/** What the journal of an application takes of what it may, in bytes. */
export type LogUse = { app: string; bytes: number; max: number | null };

/** For each application among these services; user services have no journal of their own. */
export async function readLogUse(host: Host, chosen: readonly Chosen[]): Promise<LogUse[]> {
  if (host.scope === "user") return [];
  const apps = new Map(chosen.map(({ app, generation }) => [app, generation.desired]));
  return Promise.all(
    [...apps].map(async ([app, desired]) => {
      const { bytes } = await readLogSize(host, app);
      return { app, bytes, max: capOf(desired) };
    }),
  );
}

/** "  logs 12.3M of 1G", to stand behind the name of the application. */
export function describeLogUse(logs: readonly LogUse[], app: string): string {
  const use = logs.find((one) => one.app === app);
  if (!use) return "";
  return `  logs ${describeSize(use.bytes)}${use.max === null ? "" : ` of ${describeSize(use.max)}`}`;
}
