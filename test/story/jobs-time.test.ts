import { describe, expect } from "vitest";
import type { Run } from "../../src/store/runs.ts";
import { stayWithinOneDay } from "./clock.ts";
import { sharedHost, story, waitUntil } from "./story.ts";

// Jobs whose times lie around now. Each story has an application of its own; each job writes a line when it runs.

const record = "/var/lib/holdfast/holdfast.db";

const world = sharedHost({
  name: "times",
  setUp: async ({ run }) => {
    await stayWithinOneDay("UTC");
    await run("install -d -m 0777 /srv/times").succeeds();
    const began = performance.now();
    await apply("yardstick", { job: "" });
    pace.apply = (performance.now() - began) / 1000;
  },
});

/** How many seconds it takes here to apply a job: what has to be there before a slot must not come after it. */
const pace = { apply: 0 };

describe("a slot that comes", () => {
  story(
    "is run once, at its second, and recorded with the slot and what started it",
    { covers: "A-16, A-70, A-71" },
    async ({ run, unit }) => {
      const slot = slotAfter(1);
      await apply("ticks", { job: `at: "${calendar(slot)}"` });
      const [ran] = await waitUntil("the slot is run", () => runsOf("ticks"), { accept: hasEnded });
      expect(ran).toMatchObject({ result: "succeeded", trigger: "timer", slot: slot.toISOString() });
      // A timer of systemd's own accuracy would come up to a minute later.
      expect(Date.parse(ran!.started)).toBeGreaterThanOrEqual(slot.getTime());
      expect(Date.parse(ran!.started) - slot.getTime()).toBeLessThan(20_000);
      expect(await lines("ticks")).toHaveLength(1);
      expect(await unit("ticks-job.service").show("InvocationID")).toMatch(/^$|[0-9a-f]{32}/);
      await run([
        "journalctl",
        "--namespace=ticks",
        "-o",
        "cat",
        `_SYSTEMD_INVOCATION_ID=${ran!.invocation}`,
      ]).says("it has run");
    },
  );

  story(
    "is run once when somebody starts the job at the same time",
    { covers: "A-40, A-41" },
    async ({ run, unit }) => {
      const slot = slotAfter(1);
      await apply("twice", { job: `at: "${calendar(slot)}"` });
      await waitUntil("the slot has come", () => Date.now() >= slot.getTime(), { interval: 1 });
      await Promise.all(Array.from({ length: 5 }, () => run("systemctl start twice-job.service")));
      await waitUntil("the timer has elapsed", () => unit("twice-job.timer").show("LastTriggerUSec"), {
        accept: (text) => text !== "" && text !== "n/a",
      });
      // The timer elapses within a second of its slot, before, among or after the starts by hand.
      await unit("twice-job.service").waitFor("inactive");
      await run("systemctl start twice-job.service").succeeds();
      expect(await lines("twice")).toHaveLength(1);
      const [last, ...before] = await runsOf("twice");
      expect(before.filter((one) => one.result === "succeeded")).toHaveLength(1);
      expect(last).toMatchObject({ result: "already-done", trigger: "manual", slot: slot.toISOString() });
    },
  );

  story("is recorded and not run while the job is paused", { covers: "A-42" }, async ({ holdfast }) => {
    const slot = slotAfter(2);
    await apply("rests", { job: `at: "${calendar(slot)}"` });
    await holdfast(["pause", "rests/job", "--for", "1h", "--why", "audit"]).succeeds();
    const [refused] = await waitUntil("the slot is recorded", () => runsOf("rests"), { accept: isSome });
    expect(refused).toMatchObject({
      result: "paused",
      trigger: "timer",
      reason: expect.stringContaining("audit"),
    });
    await holdfast("status").says(/paused by \w+ until/);
    await holdfast("resume rests/job").says("Nothing is made up for");
    expect(await lines("rests")).toEqual([]);
    await holdfast("run rests/job").succeeds();
    expect(await lines("rests")).toHaveLength(1);
  });
});

describe("an edit of the times", () => {
  story(
    "to one that has passed today does not run the job",
    { covers: "A-28, A-91" },
    async ({ run, unit }) => {
      await apply("edits", { job: `at: "${calendar(inSeconds(7200))}"` });
      // As of a timer that last elapsed yesterday.
      await run("touch -d yesterday /var/lib/systemd/timers/stamp-edits-job.timer").succeeds();
      const passed = inSeconds(-90);
      await apply("edits", { job: `at: "*-*-* ${clock(passed)}"\n    late: run` });
      await unit("edits-job.timer").is("active/waiting");
      expect(await unit("edits-job.timer").show("Persistent")).toBe("yes");
      const next = await run([
        "systemctl",
        "show",
        "-P",
        "NextElapseUSecRealtime",
        "edits-job.timer",
      ]).succeeds();
      const tomorrow = new Date(passed.getTime() + 86_400_000).toISOString();
      expect(next.stdout).toContain(tomorrow.slice(0, 19).replace("T", " "));
      expect(await runsOf("edits")).toEqual([]);
      expect(await lines("edits")).toEqual([]);
      // systemd itself would have run it: the same edit by hand, without the recipe (systemd#16732).
      await run("touch -d yesterday /var/lib/systemd/timers/stamp-edits-job.timer").succeeds();
      await run("systemctl stop edits-job.timer").succeeds();
      await run("systemctl start edits-job.timer").succeeds();
      await waitUntil("the job has run", () => lines("edits"), { accept: isSome });
    },
  );
});

describe("a slot that passes while the host is off", () => {
  story(
    "is recorded as too late, made up for, or left to be asked for, as its job says",
    { covers: "A-13, A-29, A-64" },
    async ({ host, holdfast, unit }) => {
      const slot = slotAfter(5);
      const at = `at: "${calendar(slot)}"`;
      await apply("refuses", { job: `${at}\n    late: refuse after 1s` });
      await apply("makes-up", { job: `${at}\n    late: run` });
      await apply("cut", {
        job: `run: [/bin/sh, -c, "echo run >> cut; exec /bin/sleep inf"]\n    timeout: 1h`,
      });
      await host.run(["systemctl", "start", "--no-block", "cut-job.service"]);
      await waitUntil("it runs", () => lines("cut"), { accept: isSome });
      for (const app of ["refuses", "makes-up"]) await unit(`${app}-job.timer`).is("active/waiting");
      const off = Date.now();
      expect(off, "the slot has not come yet").toBeLessThan(slot.getTime());
      // The boot waits for the slot to pass: as far as timers can tell, the host is off for it.
      const waits = passesBefore(slot, ["refuses-job.timer", "makes-up-job.timer"]);
      await host.write("/etc/systemd/system/slot-passes.service", waits);
      await host.run(["systemctl", "enable", "slot-passes.service"]);
      await host.run(["sync"]);
      await host.powerCut();

      const [late] = await waitUntil("it is recorded", () => runsOf("refuses"), { accept: isSome });
      expect(late).toMatchObject({
        result: "too-late",
        trigger: expect.any(String),
        slot: slot.toISOString(),
      });
      expect(await lines("refuses")).toEqual([]);
      await holdfast("status").says("too-late");

      const [madeUp] = await waitUntil("it is made up for", () => runsOf("makes-up"), { accept: hasEnded });
      expect(madeUp).toMatchObject({ result: "succeeded", slot: slot.toISOString() });
      expect(await lines("makes-up")).toHaveLength(1);
      await host.reboot();
      expect(await lines("makes-up")).toHaveLength(1);

      // The run that the power cut ended: nobody knows how far it came, and nothing runs it again by itself.
      expect(await lines("cut")).toHaveLength(1);
      await host.run(["systemctl", "start", "--no-block", "cut-job.service"]);
      const [now, before] = await waitUntil("it runs again", () => runsOf("cut"), {
        accept: (runs) => runs.length === 2,
      });
      expect(before).toMatchObject({ result: "lost", reason: "the host went down before it ended" });
      expect(now).toMatchObject({ result: "running" });
      await holdfast("cancel cut/job").succeeds();
      expect((await runsOf("cut"))[0]).toMatchObject({ result: "cancelled" });
    },
  );
});

describe("without a record of runs", () => {
  const jobs = {
    job: "critical: true",
    other: `run: [/bin/sh, -c, "echo run >> other"]\n    if-unsure: run`,
  };

  story(
    "that is locked, corrupt or on a full disk, a critical job does not run, and one that may does",
    { covers: "A-03, A-08" },
    async ({ run }) => {
      await apply("unsure", jobs);
      const copy = "cp -a /var/lib/holdfast/. /mnt";
      const fill = "dd if=/dev/zero of=/mnt/fill bs=4k 2>/dev/null || true";
      const troubles: Record<string, { begin: string; end: string }> = {
        "is corrupt": {
          begin: `mount -t tmpfs tmpfs /mnt && ${copy} && rm -f /mnt/holdfast.db-* && head -c 65536 /dev/urandom > /mnt/holdfast.db && mount --bind /mnt /var/lib/holdfast`,
          end: "umount /var/lib/holdfast && umount /mnt",
        },
        "is on a full disk": {
          begin: `mount -t tmpfs -o size=2m tmpfs /mnt && ${copy} && mount --bind /mnt /var/lib/holdfast && { ${fill}; }`,
          end: "umount /var/lib/holdfast && umount /mnt",
        },
      };
      for (const [what, { begin, end }] of Object.entries(troubles)) {
        await run("rm -f /srv/times/unsure /srv/times/other").succeeds();
        await run(["sh", "-c", begin]).succeeds();
        await startBoth(run);
        await run(["sh", "-c", end]).succeeds();
        expect(await lines("unsure"), `critical, when the record ${what}`).toEqual([]);
        expect(await lines("other"), `not critical, when the record ${what}`).toEqual(["run"]);
      }
      await run("rm -f /srv/times/unsure /srv/times/other").succeeds();
      const locked = await world.host.spawn(["python3", "-c", lock]);
      await new Promise((resolve) => locked.stdout!.once("data", resolve));
      await startBoth(run);
      locked.stdin!.end("done\n");
      expect(await lines("unsure"), "critical, when the record is locked").toEqual([]);
      expect(await lines("other"), "not critical, when the record is locked").toEqual(["run"]);

      const alerts = await run(
        "journalctl --namespace=unsure -o cat -p alert --no-pager -u unsure-job.service",
      );
      expect(alerts.stdout.match(/does not run \(unsure\): the record cannot be used/g)).toHaveLength(3);
      const told = await run(
        "journalctl --namespace=unsure -o cat -p alert --no-pager -u unsure-other.service",
      );
      expect(told.stdout.match(/other of unsure runs: the record cannot be used/g)).toHaveLength(3);

      // With the record back, both run.
      await startBoth(run);
      expect(await lines("unsure")).toHaveLength(1);
      expect(await lines("other")).toHaveLength(2);
    },
  );
});

story(
  "the end of a run that a full disk could not take is recorded by the next gate",
  { covers: "A-03, A-70" },
  async ({ host, run, unit }) => {
    await apply("fills", {
      job: `run: [/bin/sh, -c, "echo run >> fills; while [ ! -e full ]; do sleep 0.1; done"]`,
    });
    await run("mount -t tmpfs -o size=2m tmpfs /mnt").succeeds();
    await run("cp -a /var/lib/holdfast/. /mnt").succeeds();
    await run("mount --bind /mnt /var/lib/holdfast").succeeds();
    await run("systemctl start --no-block fills-job.service").succeeds();
    await waitUntil("it runs", () => lines("fills"), { accept: isSome });
    await run("dd if=/dev/zero of=/mnt/fill bs=4k");
    await host.write("/srv/times/full", "");
    await unit("fills-job.service").waitFor("inactive");
    expect((await runsOf("fills"))[0]).toMatchObject({ result: "running" });
    await run("rm /mnt/fill").succeeds();
    await run("systemctl start fills-job.service").succeeds();
    const [again, first] = await runsOf("fills");
    expect(first).toMatchObject({ result: "succeeded", exitStatus: "0" });
    expect(again).toMatchObject({ result: "already-done" });
    expect(await lines("fills")).toHaveLength(1);
    await run("umount /var/lib/holdfast /mnt").succeeds();
  },
);

const lock = `import sqlite3, sys
c = sqlite3.connect("${record}", isolation_level=None)
c.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
c.execute("ROLLBACK")`;

async function startBoth(run: typeof world.run): Promise<void> {
  await Promise.all([run("systemctl start unsure-job.service"), run("systemctl start unsure-other.service")]);
}

/** An application with jobs; the words of each come on top of a program that says that it has run. */
async function apply(app: string, jobs: Readonly<Record<string, string>>): Promise<void> {
  const texts = Object.entries(jobs).map(([name, words]) => {
    const program = /\brun: \[/.test(words)
      ? ""
      : `    run: [/bin/sh, -c, "echo it has run; echo run >> ${app}"]\n`;
    return `  ${name}:\n${program}    hardening: off\n    ${words}\n`;
  });
  const spec = `app: ${app}\nuser: times\ndirectory: /srv/times\nservices: {}\njobs:\n${texts.join("")}`;
  await world.host.write(`/srv/times/${app}.yaml`, spec);
  await world.holdfast(`--file /srv/times/${app}.yaml apply`).succeeds();
}

/** Newest first. */
async function runsOf(app: string): Promise<Run[]> {
  return (await world.holdfast(`runs --json ${app}/job`).succeeds()).json().jobs[0].runs;
}

/** One for each time that the program ran. */
async function lines(name: string): Promise<string[]> {
  return ((await world.host.read(`/srv/times/${name}`)) ?? "").split("\n").filter(Boolean);
}

function isSome(list: readonly unknown[]): boolean {
  return list.length > 0;
}

function hasEnded([latest]: readonly Run[]): boolean {
  return latest !== undefined && latest.ended !== null;
}

/** A slot that comes when so many applications, or things that take as long, can have been applied before it. */
function slotAfter(applications: number): Date {
  return inSeconds(Math.ceil(2 + 3 * applications * pace.apply));
}

/** A whole second. */
function inSeconds(seconds: number): Date {
  return new Date((Math.floor(Date.now() / 1000) + seconds) * 1000);
}

function clock(date: Date): string {
  return date.toISOString().slice(11, 19);
}

function calendar(date: Date): string {
  return `*-*-* ${clock(date)}`;
}

/** A unit of the boot that ends when a slot has passed, before timers are started. */
function passesBefore(slot: Date, timers: readonly string[]): string {
  const until = Math.floor(slot.getTime() / 1000) + 3;
  return `[Unit]
DefaultDependencies=no
After=local-fs.target
Before=${timers.join(" ")}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'while [ $(date +%%s) -lt ${until} ]; do sleep 0.1; done'
[Install]
WantedBy=timers.target
`;
}
