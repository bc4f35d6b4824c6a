import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { parseDuration } from "../value/duration.ts";
import { choosePrograms, installedPrograms } from "./choose.ts";
import { runEndSilence, runSilence } from "./silences.ts";
import type { Session } from "./session.ts";

/** holdfast pause SERVICE: nothing is looked at, healed or told of it. holdfast pause JOB: its slots still come to the gate, which records each as paused. It ends by itself at its time. */
export async function runPause(
  session: Session,
  names: readonly string[],
  given: { until?: string; for?: string; why?: string; reason?: string },
): Promise<number> {
  const why = given.why ?? given.reason;
  const options = why === undefined ? given : { ...given, why };
  const services = await servicesNamed(session, names);
  for (const name of services) await runSilence(session, "pause", name, options);
  const others = names.filter((name) => !services.includes(name));
  if (others.length === 0) return exitCode.done;
  const chosen = await choosePrograms(session, others, "jobs");
  const until = readUntil(options);
  await session.assertMayChange("pause jobs", "pause");
  const { runs, records } = session.writableRecord();
  const at = new Date().toISOString();
  for (const { app, service } of chosen) {
    runs.pause(app, service.name, { until, who: session.who, why: options.why ?? null, at });
    records.audit({
      at,
      who: session.who,
      app,
      unit: service.unit,
      action: "pause",
      why: options.why ?? null,
      result: until === null ? "until resumed" : `until ${until}`,
    });
  }
  const jobs = chosen.map(({ app, service }) => `${app}/${service.name}`);
  session.out.result(
    { paused: jobs, until },
    `Paused ${until === null ? "until somebody resumes them" : `until ${until}`}: ${jobs.join(", ")}`,
  );
  return exitCode.done;
}

/** Names that mean one service: a pause of it is another thing than one of a job. An application's name means its jobs. */
async function servicesNamed(session: Session, names: readonly string[]): Promise<string[]> {
  const all = await installedPrograms(session);
  return names.filter((name) =>
    all.some(
      ({ app, service }) =>
        service.job === null &&
        app !== name &&
        [service.name, `${app}/${service.name}`, service.unit].includes(name),
    ),
  );
}

/** holdfast resume JOB or SERVICE. */
export async function runResume(
  session: Session,
  names: readonly string[],
  options: { why?: string },
): Promise<number> {
  const services = await servicesNamed(session, names);
  for (const name of services) await runEndSilence(session, "pause", name);
  const others = names.filter((name) => !services.includes(name));
  if (others.length === 0) return exitCode.done;
  const chosen = await choosePrograms(session, others, "jobs");
  await session.assertMayChange("resume jobs", "resume");
  const { runs, records } = session.writableRecord();
  const resumed = chosen.filter(({ app, service }) => runs.resume(app, service.name));
  for (const { app, service } of resumed)
    records.audit({
      at: new Date().toISOString(),
      who: session.who,
      app,
      unit: service.unit,
      action: "resume",
      why: options.why ?? null,
      result: null,
    });
  const jobs = resumed.map(({ app, service }) => `${app}/${service.name}`);
  session.out.result(
    { resumed: jobs },
    jobs.length === 0 ? "None of them was paused." : `Resumed: ${jobs.join(", ")}. Nothing is made up for.`,
  );
  return exitCode.done;
}

/** holdfast cancel JOB: ends a run that is going on; the timer stays armed. */
export async function runCancel(
  session: Session,
  names: readonly string[],
  options: { why?: string },
): Promise<number> {
  const chosen = await choosePrograms(session, names, "jobs");
  await session.assertMayChange("cancel jobs", "cancel");
  const host = await session.host();
  const { runs, records } = session.writableRecord();
  const running = chosen.filter(({ app, service }) => runs.running(app, service.name) !== null);
  for (const { app, service } of running) {
    await host.systemd.stop(service.unit, { timeout: service.stopTimeout + 60_000 });
    records.audit({
      at: new Date().toISOString(),
      who: session.who,
      app,
      unit: service.unit,
      action: "cancel",
      why: options.why ?? null,
      result: null,
    });
  }
  const jobs = running.map(({ app, service }) => `${app}/${service.name}`);
  session.out.result(
    { cancelled: jobs },
    jobs.length === 0
      ? "None of them was running."
      : `Cancelled: ${jobs.join(", ")}. Their timers stay armed.`,
  );
  return exitCode.done;
}

function readUntil(options: { until?: string; for?: string }): string | null {
  if (options.for !== undefined) {
    const span = parseDuration(options.for);
    if (span.ok && Number.isFinite(span.value)) return new Date(Date.now() + span.value).toISOString();
    throw badTime(options.for, "--for 2d");
  }
  if (options.until === undefined) return null;
  const millis = Date.parse(options.until);
  if (Number.isNaN(millis)) throw badTime(options.until, "--until 2026-12-01T00:00:00Z");
  if (millis <= Date.now()) throw badTime(options.until, "name a time that is still to come");
  return new Date(millis).toISOString();
}

function badTime(written: string, fix: string): HoldfastError {
  return new HoldfastError(
    { severity: "error", code: "usage/bad-time", summary: `Cannot pause until "${written}"`, fix },
    exitCode.usage,
  );
}
