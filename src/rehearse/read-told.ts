import type { RunResult } from "../host/host.ts";
import type { Severity } from "../value/severity.ts";
import type { Told } from "./outcome.ts";

/**
 * What people were told, or would have been, of an application since a moment (milliseconds since the epoch), in the words of holdfast
 * incident. `slack`: by how many milliseconds the clock of the stage may be behind.
 */
export async function readTold(
  stage: { holdfast(...words: string[]): Promise<Pick<RunResult, "stdout">> },
  app: string,
  since: number,
  slack = 50,
): Promise<Told[]> {
  const { stdout } = await stage.holdfast("--json", "incident", "list", app, "--all");
  const { incidents } = JSON.parse(stdout) as {
    incidents: { name: string; severity: Severity; title: string; resolved: number | null }[];
  };
  const from = since - slack;
  const shown = await Promise.all(
    incidents
      .filter(({ resolved }) => resolved === null || resolved >= from)
      .map(async ({ name, severity, title }) => {
        const { alerts, messages } = JSON.parse(
          (await stage.holdfast("--json", "incident", "show", name)).stdout,
        ) as { alerts: { opened: number }[]; messages?: { target: string }[] };
        // What was over and comes back is the same incident again.
        const opened = alerts.map((alert) => alert.opened).find((at) => at >= from);
        const to = [...new Set((messages ?? []).map(({ target }) => target))];
        return opened === undefined
          ? null
          : { incident: name, severity, summary: title, to, after: Math.max(0, opened - since) };
      }),
  );
  return shown.filter((one) => one !== null);
}
