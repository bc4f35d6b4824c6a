import { watchFileOf } from "../rehearse/faults/other-rule.ts";
import { drillReason } from "../observe/probation/read-probation.ts";
import { exitCode, HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { run } from "../host/run.ts";
import type { BeforeReboot } from "../rehearse/drill/judge-reboot.ts";
import { textOf } from "../host/properties.ts";
import { takeDrillLock } from "../store/lock.ts";
import type { OpenDrill } from "../store/open-drills.ts";
import { tick } from "../tell/tick.ts";
import { chooseApp } from "./choose.ts";
import { disarmWatchman } from "./drill-watchman.ts";
import { bootId } from "./read-after-reboot.ts";
import { holdfastProgram, type Session } from "./session.ts";

const goOn = 18;

/** What a drill leaves that was killed is put back by whoever looks next, and may. Says so; says nothing of one that goes on. */
export async function clearCutShort(session: Session, app?: string): Promise<void> {
  const found = session.record()?.drills.list() ?? [];
  session.out.diagnose(found.flatMap((one) => describeWaiting(one)));
  const open = found.filter((one) => one.before === null && (app === undefined || one.app === app));
  if (open.length === 0 || !(await session.host()).mayChange) return;
  for (const drill of open) {
    const holder = { who: session.who, command: "holdfast drill --clear", pid: process.pid, since: "" };
    let lock;
    try {
      lock = takeDrillLock(session.stateDirectory, drill.app, holder);
    } catch (error) {
      if (error instanceof HoldfastError && error.exitCode === exitCode.locked) continue;
      throw error;
    }
    try {
      session.out.diagnose([await putBack(session, drill)]);
      await disarmWatchman(await session.host(), drill.app);
    } finally {
      lock.release();
    }
  }
}

/** A restart of the machine has two parts, and the second one is easily forgotten. */
function describeWaiting({ app, who, at, before }: OpenDrill): Diagnostic[] {
  if (before === null) return [];
  const restarted = (JSON.parse(before) as BeforeReboot).boot !== bootId();
  const began = `The restart drill of "${app}" that ${who} began at ${new Date(at).toISOString()}`;
  return [
    {
      severity: "warning",
      code: "drill/waits",
      summary: `${began} waits for ${restarted ? "its verdict" : "the restart"}`,
      fix: restarted
        ? `holdfast drill ${app} --fault reboot`
        : "systemctl reboot, or let it be: it has done nothing",
    },
  ];
}

/** holdfast drill APP --clear: what the timer of a drill starts for the case that it was killed. */
export async function runClearDrill(session: Session, names: readonly string[]): Promise<number> {
  await clearCutShort(session, chooseApp(session, names[0]));
  session.out.result({}, "");
  return exitCode.done;
}

/** Has services go on that it has stopped in any way, gives them their rules again, and ends its silence. */
export async function putBack(session: Session, drill: OpenDrill): Promise<Diagnostic> {
  const { app, at, who, faults, services } = drill;
  const host = await session.host();
  const generation = await session.currentGeneration(app);
  const { records, drills, runs, watch, teller } = session.writableRecord();
  const drilled = generation?.desired.services.filter(({ name }) => services.includes(name)) ?? [];
  const rules = generation?.desired.artifacts.find(({ path }) => path === watchFileOf(app));
  if (faults.includes("stale") && rules !== undefined)
    await host.files.write(rules.path, rules.text, { mode: rules.mode });
  for (const { name, job } of generation?.desired.services ?? [])
    if (job !== null && runs.paused(app, name, new Date().toISOString())?.why === drillReason)
      runs.resume(app, name);
  const failed: string[] = [];
  for (const { name, unit } of drilled) {
    await host.systemd.kill(unit, goOn, "all").catch(() => {});
    const found = await host.systemd.properties(unit, ["ActiveState"]);
    const intent = records.intents(app).get(unit);
    // A person has stopped it since, and that holds.
    const meant = intent?.stopped === true && intent.why !== "rehearsed" && Date.parse(intent.at) > at;
    if (meant || ["active", "activating", "reloading"].includes(textOf(found, "ActiveState"))) continue;
    const words = ["reset", `${app}/${name}`, "--why", "the drill was cut short"];
    const { status } = await run([holdfastProgram(), ...words], { timeout: 300_000 });
    if (status !== 0) failed.push(name);
  }
  const now = Date.now();
  watch.together(() => {
    const telling = teller.telling(app);
    for (const silence of telling.store.silences.inForce(app, now))
      if (silence.kind === "mute" && silence.why === drillReason)
        telling.store.silences.endOne(silence.id, telling.now);
    watch.spare(app, services, at, now);
    drills.end(app);
    tick(telling);
  });
  const result = failed.length === 0 ? "put back" : `${failed.join(", ")} could not be started`;
  const began = new Date(at).toISOString();
  records.audit({
    at: new Date(now).toISOString(),
    who: session.who,
    app,
    unit: null,
    action: "clear a drill",
    why: `the drill of ${who} was cut short`,
    result,
  });
  return {
    severity: failed.length === 0 ? "warning" : "error",
    code: "drill/cut-short",
    summary: `The drill of "${app}" (${faults.join(", ")}) that ${who} began at ${began} was cut short: ${result}`,
    fix: failed.length === 0 ? `see: holdfast status ${app}` : `holdfast diagnose ${app}/${failed[0]}`,
  };
}
