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

/** Each of many faults waits for checks, for people to be told, and for whoever else works on the machine. */
const patience = { rehearsal: 500_000, story: 560_000 };
const patient = { timeout: patience.story };

/** What became of each promise, and what was said of those that were not kept. */
async function rehearse(
  { holdfast }: World,
  where: readonly string[],
  what: readonly string[],
  faults: readonly string[],
): Promise<{ verdicts: Record<string, string>; outcomes: Outcome[]; evidence: string }> {
  const result = await holdfast([...where, "--json", "rehearse", ...what, "--fault", ...faults], {
    timeout: patience.rehearsal,
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
  patient,
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
  { covers: "A-02, A-03", ...patient },
  async (world) => {
    // On a machine that has worked: without yesterday's data nobody trades.
    await world.holdfast([...spec("aurora"), "apply"]).succeeds();
    await world
      .holdfast([...spec("aurora"), "run", "data-fetch", "--override", "--why", "first data"])
      .succeeds();
    const faults = [
      "job-fails",
      "job-hangs",
      "job-killed",
      "job-cancelled",
      "double-trigger",
      "job-runs",
      "missed-timer",
    ];
    const { verdicts, outcomes, evidence } = await rehearse(world, spec("aurora"), ["preflight"], faults);
    // It is critical, and the example has no notify: what goes wrong is on record, and told nobody.
    const untold = ["job-fails", "job-hangs", "job-killed", "missed-timer"];
    expect(verdicts, evidence).toEqual({
      ...allKept("preflight", faults),
      ...Object.fromEntries(untold.map((fault) => [`preflight ${fault}`, "gap"])),
    });
    const says = (id: string) => outcomes.find(({ fault }) => fault === id)!.says;
    expect(says("job-fails")).toContain("trading is blocked");
    expect(says("job-fails")).toContain("told nobody: it is critical, and the spec has no notify");
    expect(says("job-killed")).toMatch(
      // On a trading day it stands for the day's slot.
      /lost: a run that was started by hand( for the slot \S+Z)?, killed after .+, which nothing has done again/,
    );
    expect(says("job-cancelled")).toMatch(/on record as cancelled .*; trading is blocked/);
    const failed = outcomes.find(({ fault }) => fault === "job-fails")!;
    expect(failed.told.length).toBeGreaterThan(0);
    expect(says("job-hangs")).toContain("timed-out");
    // The machine's own record knows nothing of it.
    const { jobs } = (await world.holdfast("runs --json aurora/preflight").succeeds()).json();
    expect(jobs[0].runs).toEqual([]);
  },
);

story(
  "a job that cannot succeed, and one that takes longer than its time-out, are found as broken promises",
  patient,
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
  { covers: "G-34", ...patient },
  async (world) => {
    const faults = ["ends-cleanly", "freeze", "agent-killed-mid-heal"];
    const { verdicts, outcomes, evidence } = await rehearse(
      world,
      spec("gemini-trader", "drill"),
      ["trader"],
      faults,
    );
    expect(verdicts, evidence).toEqual(allKept("trader", faults));
    const clean = outcomes.find(({ fault }) => fault === "ends-cleanly")!;
    expect(clean.says).toMatch(/^it stays down, (told|on record) as error/);
    expect(clean.told.map(({ summary }) => summary)).toEqual([expect.stringContaining("it does not run")]);
  },
);

story("copy-bot's database may be locked for a while, and damage to it is seen", patient, async (world) => {
  const faults = ["sqlite-locked", "sqlite-corrupt"];
  const { verdicts, outcomes, evidence } = await rehearse(world, spec("copy-bot", "drill"), ["bot"], faults);
  expect(verdicts, evidence).toEqual(allKept("bot", faults));
  // The admin's two ways, and what is loud is told of nothing less.
  const damaged = outcomes.find(({ fault }) => fault === "sqlite-corrupt")!;
  expect(damaged.told.map(({ severity }) => severity)).toEqual(["error"]);
  expect(damaged.says).toMatch(/told as error to .*telegram/);
});

story(
  "oneiric comes back from a crash, and is given up when it crashes each time that it is ready",
  patient,
  async (world) => {
    const faults = ["crash", "ends-cleanly", "slow-crash-loop", "env-file-missing", "credential-missing"];
    const { verdicts, evidence } = await rehearse(world, spec("oneiric"), ["oneiric"], faults);
    // systemd takes an exit with 0 for the end of its work, and nobody else looks.
    expect(verdicts, evidence).toEqual({ ...allKept("oneiric", faults), "oneiric ends-cleanly": "gap" });
  },
);
