import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect } from "vitest";
import { readJunit, type Suite } from "./junit.ts";
import { checkout, sharedHost, story, type World } from "./story.ts";

// The pipeline files of examples/ci, step by step as they are written, on a repository that looks like examples/polybot.

const repository = "/builds/polybot";

sharedHost({
  setUp: async ({ run }) => {
    await run("mkdir -p /builds").succeeds();
    await run(["cp", "-r", `${checkout}/examples/polybot`, repository]).succeeds();
  },
});

type GithubFile = {
  env: Record<string, string>;
  jobs: Record<string, { steps: { run?: string }[] }>;
};
type GitlabFile = { variables: Record<string, string> } & Record<
  string,
  { before_script?: string[]; script?: string[] }
>;

const read = (file: string): unknown => load(readFileSync(`${checkout}/examples/ci/${file}`, "utf8"));
const github = read("github-actions.yaml") as GithubFile;
const gitlab = read("gitlab-ci.yaml") as GitlabFile;
const ofGithub = (job: string): string[] => github.jobs[job]!.steps.flatMap(({ run }) => run ?? []);
const ofGitlab = (job: string): string[] => [
  ...(gitlab[job]!.before_script ?? []),
  ...gitlab[".rehearse"]!.script!,
];

/** As a container is: its first process is a shell, and nothing of the machine's systemd is within reach. */
const asContainer = [
  ..."unshare --mount --pid --fork --mount-proc --propagation private sh -c".split(" "),
  'mount -t tmpfs tmpfs /run && cd "$0" && exec sh -e -c "$1"',
  repository,
];
const asMachine = ["sh", "-e", "-c"];

type Ran = { status: number | null; suites: Suite[]; html: string; said: string };

/** Runs the steps in a shell of their own each, and stops at the first that fails, as a CI does. */
async function pipeline(
  { run, host }: World,
  where: readonly string[],
  steps: readonly string[],
  variables: Record<string, string>,
  what: string,
): Promise<Ran> {
  // Holdfast is there already, as in an image of one's own: a throwaway host has no network to get it by.
  const env = { ...variables, HOLDFAST: checkout, REHEARSE: what };
  await run(["sh", "-c", `rm -f ${repository}/rehearsal.*`]).succeeds();
  let status: number | null = 0;
  let said = "";
  for (const step of steps) {
    const result = await run([...where, step], { env, directory: repository, timeout: 200_000 });
    status = result.status;
    said += `$ ${step}\n${result.stdout}${result.stderr}`;
    if (status !== 0) break;
  }
  const xml = await host.read(`${repository}/rehearsal.xml`);
  const html = (await host.read(`${repository}/rehearsal.html`)) ?? "";
  return { status, suites: xml === null ? [] : await readJunit(xml), html, said };
}

story(
  "a pipeline in a privileged container, where no systemd runs, ends with a report that a CI can read",
  { covers: "P-69" },
  async (world) => {
    const { jobs, env } = github;
    expect(Object.keys(jobs)).toEqual(["in-a-container", "in-a-virtual-machine"]);
    const ran = await pipeline(
      world,
      asContainer,
      ofGithub("in-a-container"),
      env,
      "--fault crash deaf reboot",
    );
    expect(ran.status, ran.said).toBe(0);
    expect(ran.suites, ran.said).toMatchObject([{ tests: 5, failures: 0, skipped: 0 }]);
    expect(ran.html).toContain("All 5 promises that were tried were kept.");
  },
);

story("a promise that breaks fails the pipeline, and is a failed test of its report", {}, async (world) => {
  // As a bot that leaves a lock behind when it is killed.
  const program = `${repository}/bot.py`;
  const sound = (await world.host.read(program))!;
  const lock =
    'import os, sys\nos.path.exists("state/lock") and sys.exit("another one is running")\nopen("state/lock", "w").close()\n';
  await world.host.write(program, sound.replace(/^import /m, `${lock}import `));
  const ran = await pipeline(
    world,
    asMachine,
    ofGitlab("in-a-virtual-machine"),
    gitlab.variables,
    "bot --fault crash",
  );
  await world.host.write(program, sound);
  expect(ran.status, ran.said).toBe(1);
  expect(Object.keys(ran.suites[0]!.failed), ran.said).toEqual(["bot: its main process is killed (SIGKILL)"]);
});

story("what nobody promises is skipped, and fails the pipeline only when it is to", {}, async (world) => {
  const { env } = github;
  const steps = ofGithub("in-a-virtual-machine");
  const ran = await pipeline(world, asMachine, steps, env, "bot --fault freeze");
  expect(ran.status, ran.said).toBe(0);
  expect(ran.suites, ran.said).toMatchObject([{ tests: 1, failures: 0, skipped: 1 }]);
  const strict = await pipeline(
    world,
    asContainer,
    ofGitlab("in-a-container"),
    gitlab.variables,
    "bot --fault freeze --strict",
  );
  expect(strict.status, strict.said).toBe(1);
});

story(
  "an application that does not come up is a failed test, and a suite that does not exist is refused at once",
  {},
  async (world) => {
    const rehearse = ofGitlab("in-a-virtual-machine").slice(-1);
    const wrong = await pipeline(world, asMachine, rehearse, gitlab.variables, "--suite standart");
    expect([wrong.status, wrong.suites], wrong.said).toEqual([2, []]);
    expect(wrong.said).toContain("--suite standard");
    const program = `${repository}/bot.py`;
    const sound = (await world.host.read(program))!;
    await world.host.write(program, "raise SystemExit('no market today')\n");
    const steps = ofGitlab("in-a-virtual-machine");
    const ran = await pipeline(world, asMachine, steps, gitlab.variables, "--fault crash");
    await world.host.write(program, sound);
    expect(ran.status, ran.said).toBe(1);
    expect(Object.keys(ran.suites[0]!.failed)).toEqual(["all: it comes up on the copy"]);
    expect(ran.said).toContain("no market today");
  },
);
