import { hostname } from "node:os";
import { blastRadiusOf, describeBlastRadius } from "../rehearse/drill/blast-radius.ts";
import { drill } from "../rehearse/drill/drill.ts";
import { LiveStage } from "../rehearse/drill/live-stage.ts";
import { hashOfArtifacts, specSaidBy } from "../rehearse/evidence/judge-evidence.ts";
import { isOfServices, type Fault } from "../rehearse/fault.ts";
import { allFaults, chooseFaults } from "../rehearse/faults.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { subjectsOf } from "../rehearse/subject.ts";
import { exitCode } from "../report/diagnostic.ts";
import { chooseServices } from "./choose.ts";
import { clearCutShort } from "./clear-drill.ts";
import { assertHealthy, assertInHours, confirm, oneApp, specOf, usage } from "./drill-checks.ts";
import { interruptible } from "./interruptible.ts";
import { keepReport } from "./keep-report.ts";
import type { DrillCommandOptions } from "./drill-options.ts";
import { inOwnWindow } from "./own-window.ts";
import { writeReports } from "./rehearse.ts";
import { holdfastProgram, type Session } from "./session.ts";
import { underDrill } from "./under-drill.ts";

/** holdfast drill: does the harmless faults to the services that run here. Exit 1 when a promise was broken. */
export async function runDrill(
  session: Session,
  names: readonly string[],
  options: DrillCommandOptions,
): Promise<number> {
  const own = (options.fault ?? []).filter((name) => name === "emergency" || name === "reboot");
  if (own.length > 0 && options.fault!.length > 1)
    throw usage(
      "drill/alone",
      `Cannot do ${own[0]} together with other faults`,
      `--fault ${own[0]}, by itself`,
    );
  if (own[0] === "emergency")
    return (await import("./drill-emergency.ts")).runEmergencyDrill(session, names, options);
  if (own[0] === "reboot") return (await import("./drill-reboot.ts")).runRebootDrill(session, names, options);
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
  await clearCutShort(session, app);
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
      const work = () =>
        drill(stage, {
          faults,
          environment: desired.environment,
          spec: specSaidBy(generation),
          machine: hostname(),
          now: Date.now,
        });
      const what = { app, faults: faults.map(({ id }) => id), services: subjects.map(({ name }) => name) };
      // A mute and no maintenance: what heals by itself is what is to be seen.
      const muted = () => inOwnWindow(session, app, "drill", work, () => null, "mute", 2 * radius.longest);
      const report = await underDrill(session, what, muted);
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
