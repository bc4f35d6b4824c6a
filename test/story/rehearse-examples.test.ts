import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { checkout, sharedHost, story, type World } from "./story.ts";

// The five examples, put there as their READMEs say, each broken in a few ways on a copy of that machine.

sharedHost({
  setUp: async ({ run }) => {
    for (const name of ["polybot", "aurora", "gemini-trader", "copy-bot", "oneiric"])
      await run(["sh", `${checkout}/examples/${name}/prepare.sh`, `/opt/${name}`]).succeeds();
  },
});

const spec = (example: string, environment?: string): string[] => [
  "--file",
  `${checkout}/examples/${example}/holdfast.yaml`,
  ...(environment === undefined ? [] : ["--env", environment]),
];

/** What became of each promise, and what was said of those that were not kept. */
async function rehearse(
  { holdfast }: World,
  where: readonly string[],
  what: readonly string[],
  faults: readonly string[],
): Promise<{ verdicts: Record<string, string>; outcomes: Outcome[]; evidence: string }> {
  const result = await holdfast([...where, "--json", "rehearse", ...what, "--fault", ...faults], {
    timeout: 230_000,
  });
  const { outcomes } = result.json() as { outcomes: Outcome[] };
  return {
    verdicts: Object.fromEntries(
      outcomes.map(({ service, fault, verdict }) => [`${service ?? "all"} ${fault}`, verdict]),
    ),
    outcomes,
    evidence: outcomes.map(({ fault, verdict, says }) => `${fault}: ${verdict}: ${says}`).join("\n"),
  };
}

const allKept = (service: string, faults: readonly string[]) =>
  Object.fromEntries(faults.map((fault) => [`${service} ${fault}`, "kept"]));

story(
  "polybot comes through what is around it, and through a change that is cut short",
  {},
  async (world) => {
    const faults = ["crash", "read-only", "files", "runtime-upgrade", "credential-missing", "apply-killed"];
    const { verdicts, outcomes, evidence } = await rehearse(world, spec("polybot", "demo"), ["bot"], faults);
    expect(verdicts, evidence).toEqual({
      ...allKept("bot", faults.slice(0, -1)),
      "all apply-killed": "kept",
    });
    expect(outcomes.find(({ fault }) => fault === "runtime-upgrade")!.says).toContain("/python3");
  },
);

story(
  "aurora's jobs that fail, hang, miss their slot or are started twice are recorded, told, and block what needs them",
  { covers: "A-02, A-03" },
  async (world) => {
    // On a machine that has worked: without yesterday's data nobody trades.
    await world.holdfast([...spec("aurora"), "apply"]).succeeds();
    await world
      .holdfast([...spec("aurora"), "run", "data-fetch", "--override", "--why", "first data"])
      .succeeds();
    const faults = ["job-fails", "job-hangs", "job-killed", "double-trigger", "job-runs", "missed-timer"];
    const { verdicts, outcomes, evidence } = await rehearse(world, spec("aurora"), ["preflight"], faults);
    expect(verdicts, evidence).toEqual(allKept("preflight", faults));
    const failed = outcomes.find(({ fault }) => fault === "job-fails")!;
    expect(failed.says).toContain("trading is blocked");
    expect(failed.told.length).toBeGreaterThan(0);
    expect(outcomes.find(({ fault }) => fault === "job-hangs")!.says).toContain("timed-out");
    // The machine's own record knows nothing of it.
    const { jobs } = (await world.holdfast("runs --json aurora/preflight").succeeds()).json();
    expect(jobs[0].runs).toEqual([]);
  },
);

story(
  "a job that cannot succeed, and one that takes longer than its time-out, are found as broken promises",
  {},
  async (world) => {
    const jobs = "{ fails: { run: [/bin/false] }, overruns: { run: [/bin/sleep, inf], timeout: 2s } }";
    const file = "/opt/weak/holdfast.yaml";
    await world.host.write(file, `app: weak\nuser: weak\ndirectory: /opt/weak\njobs: ${jobs}\n`);
    const { verdicts, evidence } = await rehearse(world, ["--file", file], [], ["job-runs", "missed-timer"]);
    expect(verdicts, evidence).toEqual({
      "fails job-runs": "broken",
      "overruns job-runs": "broken",
      // Nobody says when they are to run.
      "fails missed-timer": "not-rehearsed",
      "overruns missed-timer": "not-rehearsed",
    });
    expect(evidence).toContain("timed-out");
  },
);

story(
  "gemini-trader is seen to be frozen and healed, also when the agent dies in the heal",
  { covers: "G-34" },
  async (world) => {
    const faults = ["freeze", "agent-killed-mid-heal"];
    const { verdicts, evidence } = await rehearse(world, spec("gemini-trader", "drill"), ["trader"], faults);
    expect(verdicts, evidence).toEqual(allKept("trader", faults));
  },
);

story("copy-bot's database may be locked for a while, and damage to it is seen", {}, async (world) => {
  const faults = ["sqlite-locked", "sqlite-corrupt"];
  const { verdicts, evidence } = await rehearse(world, spec("copy-bot", "drill"), ["bot"], faults);
  expect(verdicts, evidence).toEqual(allKept("bot", faults));
});

story(
  "oneiric comes back from a crash, and is given up when it crashes each time that it is ready",
  {},
  async (world) => {
    const faults = ["crash", "slow-crash-loop", "env-file-missing", "credential-missing"];
    const { verdicts, evidence } = await rehearse(world, spec("oneiric"), ["oneiric"], faults);
    expect(verdicts, evidence).toEqual(allKept("oneiric", faults));
  },
);
