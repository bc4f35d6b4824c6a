import { hostname } from "node:os";
import { createInterface } from "node:readline/promises";
import { makeDuring } from "../compile/make-watch.ts";
import { inHours } from "../heal/hours.ts";
import { readServiceStatus } from "../observe/service-status.ts";
import { blastRadiusOf, describeBlastRadius } from "../rehearse/drill/blast-radius.ts";
import { drill } from "../rehearse/drill/drill.ts";
import { LiveStage } from "../rehearse/drill/live-stage.ts";
import { hashOfArtifacts, hashOfSpec } from "../rehearse/evidence/judge-evidence.ts";
import { isOfServices, type Fault } from "../rehearse/fault.ts";
import { allFaults, chooseFaults } from "../rehearse/faults.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { subjectsOf } from "../rehearse/subject.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseSpec, type Spec } from "../spec/parse-spec.ts";
import type { Generation } from "../store/generations.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { chooseServices, type Chosen } from "./choose.ts";
import { interruptible } from "./interruptible.ts";
import { keepReport } from "./keep-report.ts";
import { inOwnWindow } from "./own-window.ts";
import { writeReports } from "./rehearse.ts";
import { holdfastProgram, type Session } from "./session.ts";
import { readStatusHealth } from "./status-health.ts";

export type DrillCommandOptions = {
  fault?: string[];
  during?: string;
  yes?: boolean;
  junit?: string;
  html?: string;
};

/** holdfast drill: does the harmless faults to the services that run here. Exit 1 when a promise was broken. */
export async function runDrill(
  session: Session,
  names: readonly string[],
  options: DrillCommandOptions,
): Promise<number> {
  if (session.scope === "user")
    throw usage(
      "drill/user-scope",
      "Cannot drill services of a user: only those of the system",
      "by hand: systemctl --user kill --signal=KILL UNIT, then holdfast --user status",
    );
  const faults = safeFaults(options.fault ?? []);
  const chosen = [...new Set(await chooseServices(session, names))];
  const { app, generation } = oneApp(chosen);
  await session.assertMayChange(`break "${app}" on purpose`, "drill");
  const spec = specOf(generation);
  assertInHours(spec, options.during, Date.now());
  await assertHealthy(session, app);
  const { desired } = generation;
  const wanted = new Set(chosen.map(({ service }) => service.name));
  const all = subjectsOf(spec, await session.target());
  const subjects = all.filter(({ name }) => wanted.has(name));
  const radius = blastRadiusOf(desired, faults, subjects);
  if (!session.out.json) session.out.note(describeBlastRadius(radius));
  await confirm(session, app, options.yes ?? false);
  // Somebody may have taken his time to answer.
  await assertHealthy(session, app);
  const host = await session.host();
  return interruptible(async (signal) => {
    const stage = new LiveStage({
      host,
      holdfast: holdfastProgram(),
      spec,
      subjects,
      progress: session.out.progress(),
      signal,
    });
    try {
      const report = await inOwnWindow(
        session,
        app,
        "drill",
        () =>
          drill(stage, {
            faults,
            environment: desired.environment,
            spec: hashOfSpec(generation.specText),
            machine: hostname(),
            now: Date.now,
          }),
        () => null,
        // A mute and no maintenance: what heals by itself is what is to be seen.
        "mute",
      );
      await writeReports(report, options);
      await keepReport(session, "drill", report, hashOfArtifacts(desired.artifacts));
      session.out.result({ ...report, radius }, describeReport(report, session.out.style));
      return report.outcomes.some(({ verdict }) => verdict === "broken") ? exitCode.failed : exitCode.done;
    } finally {
      await stage.inside.close();
    }
  });
}

/** Those that were asked for; there is no suite, because nobody breaks a live host in ways that he has not named. */
function safeFaults(names: readonly string[]): Fault[] {
  const safe = allFaults.filter((fault) => fault.drill === true).map(({ id }) => id);
  if (names.length === 0)
    throw usage("drill/which", "Cannot drill without a fault", `--fault ${safe.join(", ")}`);
  const faults = names.includes("all")
    ? allFaults.filter((fault) => fault.drill === true)
    : chooseFaults(names);
  const unsafe = faults.filter((fault) => fault.drill !== true);
  if (unsafe.length > 0)
    throw usage(
      "drill/not-safe",
      `Cannot do ${unsafe.map(({ id }) => id).join(", ")} on the live host: it reaches further than the service's own processes`,
      `on a copy: holdfast rehearse --fault ${unsafe.map(({ id }) => id).join(" ")}; here: ${safe.join(", ")}`,
    );
  return faults.filter(isOfServices);
}

function oneApp(chosen: readonly Chosen[]): Chosen {
  const apps = [...new Set(chosen.map(({ app }) => app))];
  const [first] = chosen;
  if (first === undefined)
    throw usage("drill/nothing", "Cannot drill: nothing with a service is installed here", "holdfast apply");
  if (apps.length > 1)
    throw usage(
      "usage/which",
      `Cannot tell which application is meant: ${apps.join(", ")}`,
      `name one, such as ${apps[0]}`,
    );
  return first;
}

/** What is drilled is what is in force, not what a file says by now. */
function specOf({ specText, desired }: Generation): Spec {
  const { spec, diagnostics } = parseSpec(specText, "holdfast.yaml", {
    environment: desired.environment ?? undefined,
  });
  if (!spec) throw new HoldfastError(diagnostics);
  return spec;
}

function assertInHours(spec: Spec, window: string | undefined, now: number): void {
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
async function assertHealthy(session: Session, app: string): Promise<void> {
  const host = await session.host();
  const record = session.record()!;
  const now = Date.now();
  const programs = await chooseServices(session, [app]);
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
async function confirm(session: Session, app: string, yes: boolean): Promise<void> {
  if (yes) return;
  const asked = process.stdin.isTTY && process.stderr.isTTY && !session.out.json;
  if (asked) {
    const dialogue = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await dialogue.question(`Type "${app}" to go on: `);
    dialogue.close();
    if (answer.trim() === app) return;
  }
  throw usage(
    "drill/not-confirmed",
    asked ? "Nothing was done: that was not its name" : "Nothing was done: nobody has agreed to it",
    "look at what is said above, then: --yes",
  );
}

function usage(code: string, summary: string, fix: string): HoldfastError {
  return new HoldfastError({ severity: "error", code, summary, fix }, exitCode.usage);
}
