import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Subject } from "../subject.ts";
import { askCheck } from "./ask-check.ts";
import { backAgain } from "./comes-back.ts";
import { damageDatabase } from "./damage-database.ts";
import { readyAfter } from "./ready-after.ts";
import { describeTold, waitTold } from "./wait-told.ts";

/** How long the database is locked: longer than the usual busy time-out of 5 s. */
const lasts = 7000;

/** What a look and a busy machine take. */
const slack = 20_000;
/** A check that is due more seldom is not waited for. */
const longestWait = 100_000;

type Database = { id: string; path: string; every: number };

/** The databases that a service's own checks look at. */
function databasesOf({ rule }: Subject): Database[] {
  return rule.checks.flatMap(({ id, look, every }) =>
    look.kind === "sqlite" ? [{ id, path: look.path, every }] : [],
  );
}

const cannot = (subject: Subject): string | null =>
  databasesOf(subject).length === 0
    ? `services.${subject.name}.health has no sqlite check that would name a database`
    : null;

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
      const { id, path, every } = databasesOf(subject)[0]!;
      const promise = `a damaged ${path} is seen by the check ${id}, and told`;
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
      const since = Date.now();
      const putBack = await damageDatabase(stage, path);
      watch.note("fault", `${path} is damaged`);
      const seen = await askCheck(scene, id);
      const patience = every + slack;
      // The agent looks at a database whether its service runs or not, each time that the check is due.
      const told =
        seen.result === "fail" && subject.watched && patience <= longestWait
          ? await waitTold(stage, app, since, ({ summary }) => summary.includes(id), patience)
          : [];
      const detect = told[0]?.after ?? null;
      await putBack();
      watch.note("fault", `${path} is as it was`);
      await stage.holdfast("start", `${app}/${name}`);
      const back = await backAgain(scene);
      const broken = (says: string, fix?: string): Seen => ({
        verdict: "broken",
        promise,
        because,
        says,
        fix: fix ?? null,
      });
      if (seen.result !== "fail")
        return broken(`the check says: ${seen.result} ${seen.says}`, `see: holdfast health ${name}`);
      if (!back) return broken("it did not start with its sound database");
      if (!subject.watched)
        return {
          verdict: "gap",
          promise,
          because,
          says: `${seen.says}, when somebody asks; nobody does: supervision is systemd`,
          fix: "supervision: agent",
        };
      if (told.length === 0 && patience <= longestWait)
        return broken(
          `${seen.says}, and nobody was told within ${describeDuration(patience)}`,
          "see: holdfast notify preview",
        );
      const heard =
        told.length > 0
          ? describeTold(told, stage.spec)
          : `the agent looks every ${describeDuration(every)}, which is not waited for`;
      return {
        verdict: "kept",
        promise,
        because,
        detect,
        recover: watch.now,
        says: `${seen.says}; ${heard}`,
      };
    },
  },
];
