import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import type { Subject } from "../subject.ts";
import { backAgain } from "./comes-back.ts";
import { readyAfter } from "./resources.ts";

/** How long the database is locked: longer than the usual busy time-out of 5 s. */
const lasts = 7000;

type Database = { id: string; path: string };

/** The databases that a service's own checks look at. */
function databasesOf({ rule }: Subject): Database[] {
  return rule.checks.flatMap(({ id, look }) => (look.kind === "sqlite" ? [{ id, path: look.path }] : []));
}

const cannot = (subject: Subject): string | null =>
  databasesOf(subject).length === 0
    ? `services.${subject.name}.health has no sqlite check that would name a database`
    : null;

/** What holdfast health says of one check, asked now. */
async function askCheck({ subject, stage }: Scene, id: string): Promise<{ result: string; says: string }> {
  const { stdout } = await stage.holdfast("--json", "health", `${subject.app}/${subject.name}`);
  const { checks_performed: checks } = JSON.parse(stdout) as {
    checks_performed: { name: string; result: string; says: string }[];
  };
  return checks.find(({ name }) => name === id) ?? { result: "not asked", says: "" };
}

/** What keeps what a service knows. */
export const databaseFaults: readonly Fault[] = [
  {
    id: "sqlite-locked",
    title: "somebody else has its database locked for a while",
    standard: false,
    scope: "service",
    cannot,
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { path } = databasesOf(subject)[0]!;
      const promise = `${subject.name} is ready when ${path} is free again`;
      const because = `services.${subject.name}.health`;
      const { pid, refused } = await stage.inside.load("sqlite-lock", 0, 0, path);
      if (refused !== null)
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `${path} could not be locked: ${refused}`,
        };
      watch.note("fault", `${path} is locked`);
      await watch.until(lasts, ({ active, sub }) => active === "failed" && sub === "failed");
      await stage.inside.unload(pid);
      watch.note("fault", `${path} is free`);
      return readyAfter(scene, promise, because, `it was locked for ${describeDuration(lasts)}`);
    },
  },
  {
    id: "sqlite-corrupt",
    title: "its database is damaged while it is stopped",
    standard: false,
    scope: "service",
    cannot,
    run: async (scene) => {
      const { subject, stage, watch } = scene;
      const { app, name } = subject;
      const { id, path } = databasesOf(subject)[0]!;
      const promise = `a damaged ${path} is seen by the check ${id}`;
      const because = `services.${name}.health: sqlite`;
      const healthy = await askCheck(scene, id);
      if (healthy.result !== "ok")
        return {
          verdict: "not-rehearsed",
          promise,
          because,
          says: `the check ${id} says of the sound one: ${healthy.result} ${healthy.says}`,
        };
      await stage.holdfast("stop", `${app}/${name}`, "--why", "rehearsed");
      const kept = `${path}.rehearsal-kept`;
      await stage.run(["cp", "--preserve=all", path, kept]);
      // The second half of the first page: the schema and, behind it, whatever the file has.
      await stage.run([
        "dd",
        "if=/dev/urandom",
        `of=${path}`,
        "bs=1024",
        "seek=1",
        "count=3",
        "conv=notrunc",
      ]);
      watch.note("fault", `${path} is damaged`);
      const seen = await askCheck(scene, id);
      const detect = watch.now;
      await stage.run(["mv", "--force", kept, path]);
      watch.note("fault", `${path} is as it was`);
      await stage.holdfast("start", `${app}/${name}`);
      const back = await backAgain(scene);
      if (seen.result !== "fail")
        return {
          verdict: "broken",
          promise,
          because,
          says: `the check says: ${seen.result} ${seen.says}`,
          fix: `see: holdfast health ${name}`,
        };
      return back
        ? { verdict: "kept", promise, because, detect, recover: watch.now, says: seen.says }
        : { verdict: "broken", promise, because, detect, says: "it did not start with its sound database" };
    },
  },
];
