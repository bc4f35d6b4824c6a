import { agentUnit, checkService } from "../../compile/names.ts";
import type { CheckState } from "../../heal/check-state.ts";
import type { Level } from "./log-level.ts";
import type { LogLine, LogSource } from "./log-source.ts";

/** Whoever watches says what he sees in a journal line of his own unit, as "app/service: what". */
export function watcherSources(
  apps: readonly string[],
  level: (app: string) => "agent" | "probes" | "systemd",
): LogSource[] {
  return apps.flatMap((app): LogSource[] => {
    const found = level(app);
    if (found === "systemd") return [];
    return [{ app, service: "", unit: found === "agent" ? agentUnit : checkService(app), watches: true }];
  });
}

/** Of which service it speaks, and what it says; null for a line that is about another application, or about none. */
export function readWatcherLine(message: string, app: string): { service: string; message: string } | null {
  const found = /^([a-z0-9-]+)\/([a-z0-9-]+): ([^]*)$/.exec(message);
  return found === null || found[1] !== app ? null : { service: found[2]!, message: found[3]! };
}

/** How a check stands, as a line at the moment of its latest look that was written down. */
export function checkLines(source: LogSource, states: Readonly<Record<string, CheckState>>): LogLine[] {
  return Object.entries(states).flatMap(([id, { last, lastAt, verdict }]): LogLine[] => {
    if (last === null || lastAt === null) return [];
    const { result, says } = last;
    const bad = verdict === "failing" || result === "fail";
    const level: Level = bad ? "error" : result === "unknown" ? "warning" : "info";
    const { app, service, unit } = source;
    return [
      {
        time: lastAt * 1000,
        app,
        service,
        unit,
        from: "checks",
        identifier: null,
        invocation: null,
        pid: null,
        priority: bad ? 3 : result === "unknown" ? 4 : 6,
        level,
        // A failure ends when good results have lasted; until then a good one is not all there is to say.
        message: `${id} ${verdict === "failing" && result === "ok" ? "recovers" : bad ? "fails" : result}: ${says}`,
      },
    ];
  });
}
