import { invocationOf } from "../../host/properties.ts";
import { describeDuration } from "../../value/duration.ts";
import { unitName } from "../../value/unit-name.ts";
import type { Fault } from "../fault.ts";
import type { Stage } from "../stage.ts";
import type { Subject } from "../subject.ts";
import { backAgain } from "./comes-back.ts";
import { variableOf } from "./processes.ts";

type Found = { pid: number; unit: string | null };

/** Whether a stop is the end of all of it. A program that left its control group is none that systemd would know of. */
export const leftBehindFault: Fault = {
  id: "left-behind",
  title: "it is stopped: does anything of it go on?",
  standard: false,
  scope: "service",
  run: async (scene) => {
    const { subject, stage, watch } = scene;
    const { app, name, unit } = subject;
    const promise = `nothing of ${name} goes on when it is stopped`;
    await stage.holdfast("stop", `${app}/${name}`, "--why", "rehearsed");
    await watch.until(
      subject.stopTimeout + 5000,
      ({ active }) => active === "inactive" || active === "failed",
    );
    const took = watch.now;
    const left = await leftOf(subject, stage);
    const words = await Promise.all(left.map(({ pid }) => commandLine(stage, pid)));
    for (const { pid } of left) await stage.run(["kill", "-KILL", String(pid)]);
    await stage.holdfast("start", `${app}/${name}`);
    await backAgain(scene);
    if (left.length === 0)
      return {
        verdict: "kept",
        promise,
        because: "KillMode=control-group",
        says: `nothing was left ${describeDuration(took)} after the request`,
      };
    const [first] = left;
    return {
      verdict: "broken",
      promise,
      because: "systemd ends what is in the unit's control group, and nothing else",
      says: `${words.map((text, index) => `"${text}" (${whereIs(left[index]!, unit)})`).join(", ")} went on`,
      fix:
        first!.unit === unit
          ? `let systemd end all of it: remove KillMode= and SendSIGKILL= of ${unit}`
          : `let ${name} start no process outside of its unit (no daemon mode, at, systemd-run, cgroup.procs): make it a service of the spec; hardening: basic forbids writing to control groups`,
    };
  },
};

function whereIs({ unit }: Found, own: string): string {
  if (unit === own) return "in its own control group";
  return unit === null ? "in no unit" : `in ${unit}`;
}

/** Processes that no unit of the copy accounts for, but for those that another service of the application has started. */
async function leftOf(subject: Subject, stage: Stage): Promise<Found[]> {
  const others = await Promise.all(
    stage.subjects
      .filter(({ unit }) => unit !== subject.unit)
      .map(async ({ unit }) => invocationOf(await stage.outside.systemd.properties(unit, ["InvocationID"]))),
  );
  const left: Found[] = [];
  for (const found of await processes(stage))
    if (await isAstray(found, subject, stage)) {
      const of = await variableOf(stage, found.pid, "INVOCATION_ID");
      if (of === undefined || !others.includes(of)) left.push(found);
    }
  return left;
}

async function isAstray({ unit }: Found, subject: Subject, stage: Stage): Promise<boolean> {
  if (unit === null || unit === subject.unit) return true;
  if (unit === "init.scope" || !/\.(service|scope)$/.test(unit)) return false;
  // What somebody has started with systemd-run(1) has no file that would start it again.
  return (await stage.outside.systemd.properties(unitName(unit), ["Transient"]))["Transient"] === true;
}

/** All processes there but those of the rehearsal itself, each with the unit that its control group is of. */
async function processes(stage: Stage): Promise<Found[]> {
  const which = ["/proc", "-maxdepth", "2", "-path", "/proc/[0-9]*/cgroup"];
  const { stdout } = await stage.run(["find", ...which, "-exec", "grep", "-H", "", "{}", "+"]);
  const paths = new Map<number, string>();
  for (const line of stdout.split("\n")) {
    const [, pid, names = "", path = ""] = /^\/proc\/(\d+)\/cgroup:\d+:([^:]*):(.*)$/.exec(line) ?? [];
    // Where there are two, systemd goes by the tree of version 2.
    if (pid !== undefined && (names === "" || (names === "name=systemd" && !paths.has(Number(pid)))))
      paths.set(Number(pid), path);
  }
  return [...paths].flatMap(([pid, path]) => {
    if (/^\/(commands|\.\.)(\/|$)/.test(path)) return [];
    const unit = path.split("/").findLast((part) => /\.(service|scope|slice)$/.test(part)) ?? null;
    return [{ pid, unit }];
  });
}

async function commandLine(stage: Stage, pid: number): Promise<string> {
  const { stdout } = await stage.run(["cat", `/proc/${pid}/cmdline`]);
  const text = stdout.split("\0").join(" ").trim();
  return text === "" ? `process ${pid}` : text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
