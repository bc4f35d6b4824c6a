import { hostname } from "node:os";
import { pause } from "../apply/pause.ts";
import { nextSlot } from "../gate/slots.ts";
import { drillReason } from "../observe/probation/read-probation.ts";
import { drillReport } from "../rehearse/drill/drill-report.ts";
import { judgeReboot, type AfterReboot, type BeforeReboot } from "../rehearse/drill/judge-reboot.ts";
import { hashOfArtifacts } from "../rehearse/evidence/judge-evidence.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Generation } from "../store/generations.ts";
import type { OpenDrill } from "../store/open-drills.ts";
import { tick } from "../tell/tick.ts";
import { choosePrograms } from "./choose.ts";
import { clearCutShort } from "./clear-drill.ts";
import { assertHealthy, assertInHours, confirm, oneApp, specOf, usage } from "./drill-checks.ts";
import type { DrillCommandOptions } from "./drill-options.ts";
import { interruptible } from "./interruptible.ts";
import { keepReport } from "./keep-report.ts";
import { bootId, readAfterReboot, readBeforeReboot } from "./read-after-reboot.ts";
import { writeReports } from "./rehearse.ts";
import type { Session } from "./session.ts";

/** Nobody is told of the restart for so long; what is wrong at its end is told then. */
const muted = 30 * 60_000;
/** How long it may take until all services are ready again. */
const patience = 3 * 60_000;
const between = 1000;

/** holdfast drill APP --fault reboot: before the restart it notes what there is, and after it the same command gives the verdict. */
export async function runRebootDrill(
  session: Session,
  names: readonly string[],
  options: DrillCommandOptions,
): Promise<number> {
  const { app, generation } = oneApp(await choosePrograms(session, names));
  await session.assertMayChange(`restart the machine for "${app}"`, "drill");
  const open = session.record()?.drills.of(app) ?? null;
  if (open?.before != null && (JSON.parse(open.before) as BeforeReboot).boot !== bootId())
    return judge(session, generation, open, options);
  return prepare(session, generation, options);
}

async function prepare(
  session: Session,
  generation: Generation,
  options: DrillCommandOptions,
): Promise<number> {
  const { app } = generation.desired;
  const host = hostname();
  if (options.reboot && session.scope === "user")
    throw usage(
      "drill/not-root",
      "Cannot restart the machine as a user",
      "sudo systemctl reboot, then the same command again",
    );
  await clearCutShort(session, app);
  assertInHours(specOf(generation), options.during, Date.now());
  await assertHealthy(session, app);
  const before = await readBeforeReboot(session, generation);
  if (!session.out.json) session.out.note(describeRadius(generation, before, host));
  await confirm(session, options.reboot ? host : app, options.yes ?? false);
  await assertHealthy(session, app);
  const { drills, teller } = session.writableRecord();
  const at = Date.now();
  teller.store.silences.add({
    app,
    service: null,
    kind: "mute",
    since: at,
    until: at + muted,
    untilResolved: false,
    why: drillReason,
    who: session.who,
  });
  drills.begin({
    app,
    at,
    who: session.who,
    faults: ["reboot"],
    services: [],
    before: JSON.stringify(before),
  });
  const again = `holdfast drill ${app} --fault reboot`;
  const next = options.reboot
    ? "The machine is restarted now."
    : "Restart the machine now: systemctl reboot.";
  session.out.result({ app, waits: true, before }, `${next} When it is up again: ${again}`);
  if (!options.reboot) return exitCode.done;
  const { status, stderr } = await (await session.host()).run(["systemctl", "reboot"]);
  if (status === 0) return exitCode.done;
  throw new HoldfastError({
    severity: "error",
    code: "drill/no-reboot",
    summary: `Cannot restart the machine: ${stderr.trim()}`,
    fix: `restart it by hand, then: ${again}`,
  });
}

function describeRadius({ desired }: Generation, { services, timers }: BeforeReboot, host: string): string {
  const now = Date.now();
  const soon = desired.services.flatMap(({ job }) => {
    const next = job === null ? null : nextSlot(job.slots, now);
    return next !== null && next - now < 15 * 60_000
      ? [`${job!.job} at ${new Date(next).toISOString()}`]
      : [];
  });
  return [
    `This is done to all of ${host}, live: it is restarted, and everything on it is away meanwhile.`,
    `  Of "${desired.app}": ${[...services, ...timers].join(", ") || "nothing"} has to come back by itself.`,
    ...(soon.length === 0 ? [] : [`  Slots that may pass meanwhile: ${soon.join(", ")}`]),
    "  Nobody is told for 30 min, or until the verdict; what is still wrong then is told.",
  ].join("\n");
}

async function judge(
  session: Session,
  generation: Generation,
  open: OpenDrill,
  options: DrillCommandOptions,
): Promise<number> {
  const { app } = generation.desired;
  const before = JSON.parse(open.before!) as BeforeReboot;
  const began = performance.now();
  const after = await interruptible((signal) => untilReady(session, generation, before, signal));
  const outcomes = judgeReboot(before, after);
  const report = drillReport(generation, {
    systemd: await (await session.host()).systemd.version(),
    at: Date.now(),
    millis: Math.round(performance.now() - began),
    outcomes,
  });
  await writeReports(report, options);
  await keepReport(session, "drill", report, hashOfArtifacts(generation.desired.artifacts));
  endRebootDrill(session, app);
  session.out.result(report, describeReport(report, session.out.style));
  return outcomes.some(({ verdict }) => verdict === "broken") ? exitCode.failed : exitCode.done;
}

async function untilReady(
  session: Session,
  generation: Generation,
  before: BeforeReboot,
  signal: AbortSignal,
): Promise<AfterReboot> {
  const deadline = performance.now() + patience;
  const progress = session.out.progress();
  progress.begin("Wait until all that starts at boot is ready");
  for (;;) {
    const after = await readAfterReboot(session, generation, before);
    const late = after.services.filter(({ name, ready }) => before.services.includes(name) && !ready);
    if (late.length === 0 || performance.now() > deadline) {
      progress.end(late.length === 0 ? "done" : "not all of it");
      return after;
    }
    await pause(between, signal);
  }
}

function endRebootDrill(session: Session, app: string): void {
  const { drills, teller, watch } = session.writableRecord();
  watch.together(() => {
    const telling = teller.telling(app);
    for (const silence of telling.store.silences.inForce(app, telling.now))
      if (silence.why === drillReason) telling.store.silences.endOne(silence.id, telling.now);
    drills.end(app);
    tick(telling);
  });
}
