import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { describeDuration } from "../../value/duration.ts";
import { backAgain, whyNot } from "./comes-back.ts";

/** Moves a file away, restarts, looks that it is refused and named, puts the file back, and waits for the service. */
async function without(
  scene: Scene,
  path: string,
  names: readonly string[],
  what: string,
  because: string,
): Promise<Seen> {
  const { subject, stage, watch } = scene;
  const { app, name } = subject;
  const promise = `without its ${what} ${name} does not start half, the cause is named, and it is back once it is there again`;
  await stage.run(["mv", path, `${path}.away`]);
  watch.note("fault", `${path} is gone`);
  const restarted = await stage.holdfast("restart", `${app}/${name}`);
  const refused = restarted.status !== 0;
  const seen = await watch.look();
  const why = refused ? await whyNot(scene) : "";
  await stage.run(["mv", `${path}.away`, path]);
  watch.note("fault", `${path} is there again`);
  await stage.holdfast("reset", `${app}/${name}`, "--why", "the rehearsed cause is gone");
  const back = await backAgain(scene);
  if (!refused && seen.active === "active")
    return {
      verdict: "broken",
      promise,
      because,
      says: `it started without ${path}, and nobody was told`,
      fix: "name it in env.require, or as a secret",
    };
  const said = `${restarted.stdout}${restarted.stderr}${why}`;
  const named = names.some((name) => said.includes(name));
  if (!back) return { verdict: "broken", promise, because, says: "it did not come back" };
  if (!named)
    return {
      verdict: "broken",
      promise,
      because,
      says: `it was refused, but ${path} was not named`,
      recover: watch.now,
    };
  return {
    verdict: "kept",
    promise,
    because,
    recover: watch.now,
    says: `refused, ${path} was named, back ${describeDuration(watch.now)} later`,
  };
}

/** What it needs is not there. */
export const missingFaults: readonly Fault[] = [
  {
    id: "env-file-missing",
    title: "its environment file is gone when it is restarted",
    standard: true,
    scope: "service",
    cannot: ({ envFiles, name }) => (envFiles.length === 0 ? `services.${name}.env.file names none` : null),
    run: (scene) =>
      without(
        scene,
        scene.subject.envFiles[0]!,
        [scene.subject.envFiles[0]!],
        "environment file",
        `services.${scene.subject.name}.env.file`,
      ),
  },
  {
    id: "credential-missing",
    title: "the file of a secret is gone when it is restarted",
    standard: true,
    scope: "service",
    cannot: ({ secrets, name }) => (secrets.length === 0 ? `services.${name}.secrets names none` : null),
    run: (scene) =>
      without(
        scene,
        scene.subject.secrets[0]!.path,
        Object.values(scene.subject.secrets[0]!),
        "secret",
        `services.${scene.subject.name}.secrets`,
      ),
  },
];
