import { createInterface } from "node:readline/promises";
import { makeDuring } from "../compile/make-watch.ts";
import { inHours } from "../heal/hours.ts";
import { readServiceStatus } from "../observe/service-status.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import type { Spec } from "../spec/spec.ts";
import type { Generation } from "../store/generations.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import type { Session } from "./session.ts";
import { readStatusHealth } from "./status-health.ts";

/** The one application that all of them belong to. */
export function oneApp(chosen: readonly Chosen[]): Chosen {
  const apps = [...new Set(chosen.map(({ app }) => app))];
  const [first] = chosen;
  if (first === undefined)
    throw usage(
      "drill/nothing",
      "Cannot drill: nothing that could be drilled is installed here",
      "holdfast apply",
    );
  if (apps.length > 1)
    throw usage(
      "usage/which",
      `Cannot tell which application is meant: ${apps.join(", ")}`,
      `name one, such as ${apps[0]}`,
    );
  return first;
}

/** What is drilled is what is in force, not what a file says by now. */
export function specOf({ specText, desired }: Generation): Spec {
  const { spec, diagnostics } = parseSpec(specText, "holdfast.yaml", {
    environment: desired.environment ?? undefined,
  });
  if (!spec) throw new HoldfastError(diagnostics);
  return spec;
}

/** Only within a window of the spec, when one is named. */
export function assertInHours(spec: Spec, window: string | undefined, now: number): void {
  if (window === undefined) return;
  const known = Object.keys(spec.windows ?? {});
  if (!known.includes(window))
    throw usage(
      "drill/unknown-window",
      `Cannot find the window "${window}" in the spec that is in force`,
      known.length === 0
        ? "declare it: windows: { quiet: { hours: 22:00..04:00 } }, and apply"
        : `one of: ${known.join(", ")}`,
    );
  const hours = inHours(makeDuring(spec, window), now);
  if (hours.open === true) return;
  throw new HoldfastError({
    severity: "error",
    code: "drill/outside-of-hours",
    summary: `Cannot drill now: it is not within ${window} (${hours.why})`,
    fix: Number.isFinite(hours.until)
      ? `in ${describeDuration(Math.max(1000, hours.until - now))}, at ${new Date(hours.until).toISOString()}`
      : "choose another window",
  });
}

/** Nobody breaks on purpose what is broken already, nor what somebody else is at work on. */
export async function assertHealthy(session: Session, app: string): Promise<void> {
  const host = await session.host();
  const record = session.record()!;
  const now = Date.now();
  const programs = (await choosePrograms(session, [app])).filter(({ service }) => service.job === null);
  const trouble = await Promise.all(
    programs.map(async (one): Promise<string[]> => {
      const { generation, service } = one;
      const name = `${app}/${service.name}`;
      const stopped = record.records.intents(app).get(service.unit)?.stopped ?? false;
      const status = await readServiceStatus(host, app, generation, service);
      if (status.active !== "active")
        return [stopped ? `${name} is stopped` : `${name} is ${status.active} (${status.sub})`];
      const { health, breaker } = await readStatusHealth(session, one, now);
      return [
        ...(health !== null && health.overall !== "healthy" ? [`${name} is ${health.overall}`] : []),
        ...(breaker.state === "closed" ? [] : [`the circuit breaker of ${name} is ${breaker.state}`]),
      ];
    }),
  );
  const { incidents, silences } = record.teller.store;
  const found = [
    ...trouble.flat(),
    ...record.records.openGiveUps(app).map(({ unit }) => `${unit} gave up`),
    ...incidents.unresolved(app).map(({ name, title }) => printable(`${name} is open: ${title}`)),
    ...silences
      .inForce(app, now)
      .filter(({ kind }) => kind !== "mute")
      .map(({ kind, who, why }) => printable(`${kind} by ${who}: ${why}`)),
    ...(record.changes.open(app) === null ? [] : ["a change is under way"]),
  ];
  if (found.length === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "drill/unhealthy",
    summary: `Cannot drill "${app}" now: all is not well with it`,
    detail: found.join("\n"),
    fix: `see: holdfast status ${app}; on a copy of this machine: holdfast rehearse`,
  });
}

/** Somebody at a terminal types the name of what he is about to break; a program says --yes. */
export async function confirm(session: Session, word: string, yes: boolean): Promise<void> {
  if (yes) return;
  const asked = process.stdin.isTTY && process.stderr.isTTY && !session.out.json;
  if (asked) {
    const dialogue = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await dialogue.question(`Type "${word}" to go on: `);
    dialogue.close();
    if (answer.trim() === word) return;
  }
  throw usage(
    "drill/not-confirmed",
    asked ? "Nothing was done: that was not its name" : "Nothing was done: nobody has agreed to it",
    "look at what is said above, then: --yes",
  );
}

export function usage(code: string, summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code, summary, fix }, exitCode.usage);
}
