import { describe, expect, test } from "vitest";
import { keptPath } from "../../src/plan/foreign-unit.ts";
import { makePlan, withAdopted } from "../../src/plan/make-plan.ts";
import { apply, desire, inputOn, makeRecord, planOn } from "./change.ts";
import { adopted, adoption, bot, botSpec, dropIn, fragment, hostWithBot } from "./hand-written.ts";
import type { ModelHost } from "./host.ts";

const runs = (host: ModelHost) => host.systemd.units.get(bot)?.invocation;

describe("a unit that somebody else wrote", () => {
  test("is never written over without being told to", async () => {
    const host = await hostWithBot({ enabled: true });
    const plan = await planOn(host, desire(botSpec()), null);
    expect(plan.diagnostics).toContainEqual(
      expect.objectContaining({
        severity: "error",
        code: "plan/foreign-file",
        fix: expect.stringContaining("--adopt"),
      }),
    );
    expect(plan.steps.filter(({ kind }) => kind === "take-over")).toEqual([]);
  });

  test("is taken over with its drop-ins, each named and kept as it is, and runs on in the same run", async () => {
    const { host, plan, desired } = await adoption();
    const [run, file] = [runs(host), await host.files.stat(fragment)];
    expect(plan.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(plan.changes.find(({ path }) => path === fragment)).toMatchObject({
      takesOver: [fragment, dropIn],
      effect: "reload",
      directives: [{ key: "OnFailure", before: null }],
    });
    expect((await apply(plan, desired, host, makeRecord())).result).toBe("applied");
    expect(runs(host)).toBe(run);
    expect(await host.files.stat(keptPath(fragment))).toEqual(file);
    expect(await host.files.stat(dropIn)).toBeNull();
    expect(await host.files.read(fragment)).toContain("# Written by Holdfast");
  });

  test("is restarted when something else is in force than before, and that is said", async () => {
    const { host, plan, desired } = await adoption(botSpec("env: { set: { MODE: other } }"));
    const run = runs(host);
    expect(plan.changes.find(({ path }) => path === fragment)).toMatchObject({ effect: "restart" });
    await apply(plan, desired, host, makeRecord());
    expect(runs(host)).not.toBe(run);
  });

  test("has nothing of its content in the plan", async () => {
    const { plan } = await adoption(botSpec("env: { set: { MODE: other } }"));
    expect(JSON.stringify(plan.steps)).not.toContain("my bot\\n[Service]");
  });

  test.each([{ enabled: true }, { enabled: false }])(
    "comes back byte for byte with its owner and boot state when the application goes, and runs on (%o)",
    async (options) => {
      const { host, desired, before } = await adopted(botSpec("description: my bot"), options);
      const run = runs(host);
      const plan = await planOn(host, null, desired);
      expect(plan.changes.find(({ path }) => path === fragment)).toMatchObject({
        givesBack: [fragment, dropIn],
        effect: "reload",
      });
      expect((await apply(plan, null, host, makeRecord())).result).toBe("applied");
      expect(runs(host)).toBe(run);
      expect(withoutRun(host.dump())).toEqual(withoutRun(before));
    },
  );

  test("is restarted on the way back when the spec has changed what is in force", async () => {
    const { host, desired: first } = await adopted();
    const second = { ...desire(botSpec("env: { set: { MODE: other } }")), adopted: first.adopted! };
    await apply(await planOn(host, second, first), second, host, makeRecord());
    const run = runs(host);
    const plan = await planOn(host, null, second);
    expect(plan.changes.find(({ path }) => path === fragment)).toMatchObject({ effect: "restart" });
    await apply(plan, null, host, makeRecord());
    expect(runs(host)).not.toBe(run);
    expect(host.systemd.units.get(bot)?.active).toBe("active");
  });

  test("is not taken over where a directory stands in its place", async () => {
    const host = await hostWithBot({ enabled: false });
    await host.files.remove(fragment);
    await host.files.makeDirectory(fragment, 0o755);
    const plan = await planOn(host, desire(botSpec()), null, new Map(), "all");
    expect(plan.steps.filter(({ kind }) => kind === "take-over")).toEqual([]);
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: "plan/foreign-file" }));
  });

  test("is not taken over where an older original is kept", async () => {
    const host = await hostWithBot({ enabled: true });
    await host.files.write(keptPath(fragment), "older", { mode: 0o644 });
    const plan = await planOn(host, desire(botSpec()), null, new Map(), "all");
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: "plan/original-kept" }));
  });

  test("of a package is hidden and in force again, and what runs is stopped when the package has gone since", async () => {
    const behind = `/run/systemd/system/${bot}`;
    const host = await hostWithBot({ enabled: false });
    await host.files.rename(fragment, behind);
    await host.files.remove(dropIn);
    await host.systemd.reload();
    const run = runs(host);
    const input = await inputOn(host, desire(botSpec("description: my bot")), null, new Map(), "all");
    const [plan, desired] = [makePlan(input), withAdopted(input)!];
    expect(plan.changes.find(({ path }) => path === fragment)).toMatchObject({
      takesOver: [],
      hides: behind,
    });
    expect((await apply(plan, desired, host, makeRecord())).result).toBe("applied");
    const gone = host.copy();

    await apply(await planOn(host, null, desired), null, host, makeRecord());
    expect(await host.files.stat(fragment)).toBeNull();
    expect(runs(host)).toBe(run);

    await gone.files.remove(behind);
    await apply(await planOn(gone, null, desired), null, gone, makeRecord());
    expect(gone.systemd.units.get(bot)?.active ?? "inactive").toBe("inactive");
  });

  test("does not come back to run beside its service under another name", async () => {
    const { host, desired } = await adopted();
    const renamed = desire(botSpec("description: my bot").replace("    unit: bot.service\n", ""));
    const plan = await planOn(host, renamed, desired);
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: "plan/would-run-twice" }));
  });

  test("goes out of an application that has others, and is taken over again by a rollback", async () => {
    const side = "  side: { run: ./side, ready: { settle: 0s } }\n";
    const both = botSpec("description: my bot") + side;
    const { host, desired: first } = await adopted(both);
    const run = runs(host);
    const second = desire(both.replace(/ {2}bot:[^]*?(?= {2}side)/, ""));
    await apply(await planOn(host, second, first), second, host, makeRecord());
    expect(await host.files.read(fragment)).toContain("Description=my bot\n[Service]");
    expect(await host.files.stat(keptPath(fragment))).toBeNull();

    const consent = new Set((first.adopted ?? []).map(({ unit }) => unit));
    const back = await planOn(host, first, second, new Map(), consent);
    expect(back.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect((await apply(back, first, host, makeRecord())).result).toBe("applied");
    expect(await host.files.read(fragment)).toContain("# Written by Holdfast");
    expect(runs(host)).toBe(run);
  });

  test("is named when its original is gone at the time of giving it back", async () => {
    const { host, desired } = await adopted();
    await host.files.remove(keptPath(fragment));
    const plan = await planOn(host, null, desired);
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: "plan/original-missing" }));
  });
});

/** The account stays after a removal, as ever. */
function withoutRun(dump: object): object {
  return { ...dump, accounts: null };
}
