import { expect } from "vitest";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import { sharedHost, story, waitUntil } from "./story.ts";

const directory = "/srv/shop";

/** As somebody wrote them who ran all of it with cron and supervisord. */
const files: Record<string, { text: string; mode: number }> = {
  [`${directory}/supervisord.conf`]: {
    mode: 0o644,
    text: `[supervisord]
logfile=/var/log/supervisord.log

[program:web]
command=${directory}/web.sh --port "80 80"
directory=${directory}
user=shopkeeper
autorestart=true
environment=MODE="live",GREETING="hello, world"
stdout_logfile=/var/log/shop/web.log
startsecs=1

[program:worker]
command=${directory}/worker.sh %(process_num)02d
process_name=%(program_name)s_%(process_num)02d
numprocs=2
directory=${directory}
user=shopkeeper
exitcodes=0,7
`,
  },
  "/etc/cron.d/shop": {
    mode: 0o644,
    text: `MAILTO=ops@example.org
# report, watchdog
17 4 1,15 * 5 shopkeeper cd ${directory} && WHAT="the month" ./report.sh 100\\% >> /var/log/shop/report.log 2>&1
* * * * * shopkeeper ${directory}/watchdog.sh
`,
  },
  [`${directory}/web.sh`]: {
    mode: 0o755,
    text: '#!/bin/sh\necho "$MODE $GREETING $2 in $PWD as $(id -un)"\nwhile :; do echo Position; sleep 1; done\n',
  },
  [`${directory}/worker.sh`]: { mode: 0o755, text: '#!/bin/sh\necho "worker $1"\nexec sleep infinity\n' },
  [`${directory}/report.sh`]: { mode: 0o755, text: '#!/bin/sh\necho "report of $WHAT: $1 in $PWD"\n' },
  [`${directory}/watchdog.sh`]: {
    mode: 0o755,
    text: `#!/bin/sh
touch ${directory}/watchdog-was-run
if ! tail -n 50 /var/log/shop/web.log | grep -q Position; then
  supervisorctl restart web
fi
`,
  },
};

sharedHost({
  name: "import-foreign",
  setUp: async ({ host, run }) => {
    await run(["mkdir", "-p", directory, "/etc/cron.d"]).succeeds();
    for (const [path, { text, mode }] of Object.entries(files)) {
      await host.write(path, text);
      await run(["chmod", mode.toString(8), path]).succeeds();
    }
  },
});

story(
  "what cron and supervisord ran runs under one spec, and nothing of it is run by the import",
  { covers: "G-08, G-11, G-22, C-53" },
  async ({ holdfast, run, host, unit }) => {
    const spec = `${directory}/holdfast.yaml`;
    const imported = await holdfast(
      `import ${directory}/supervisord.conf /etc/cron.d/shop --app shop --out ${spec}`,
    ).succeeds();
    imported.says("holdfast.yaml written");
    expect(imported.stderr).toContain("MAILTO=ops@example.org");
    await run(["test", "-e", `${directory}/watchdog-was-run`]).fails();

    const text = (await host.read(spec))!;
    const { spec: read } = parseSpec(text, spec);
    expect(Object.keys(read!.services)).toEqual(["web", "worker-0", "worker-1"]);
    expect(Object.keys(read!.jobs)).toEqual(["report"]);
    // The log that the watchdog read is in the journal now.
    expect(read!.services["web"]!.health).toMatchObject([{ log: { match: "Position", fresh: 300_000 } }]);

    await holdfast("apply", { directory }).succeeds();
    for (const name of ["web", "worker-0", "worker-1"])
      await waitUntil(
        `${name} is up`,
        async () => (await unit(`shop-${name}.service`).show("ActiveState")) === "active",
      );
    await waitUntil("both kinds have said who they are", async () => {
      const { stdout } = await holdfast("logs web worker-1", { directory }).succeeds();
      return (
        stdout.includes(`live hello, world 80 80 in ${directory} as shopkeeper`) &&
        stdout.includes("worker 01")
      );
    });
    expect(await unit("shop-worker-0.service").show("SuccessExitStatus")).toBe("7");
    const times = await unit("shop-report.timer").show("TimersCalendar");
    expect(times).toContain("*-*-01,15 04:17:00");
    expect(times).toContain("Fri *-*-* 04:17:00");

    await holdfast("run report", { directory }).succeeds();
    await waitUntil("the report is in the log", async () =>
      (await holdfast("logs report", { directory }).succeeds()).stdout.includes(
        `report of the month: 100% in ${directory}`,
      ),
    );
    await waitUntil("the check of the watchdog is good", async () => {
      const answer: { checks_performed: { service: string; kind: string; result: string }[] } = (
        await holdfast("health --json", { directory })
      ).json();
      return answer.checks_performed.some(
        ({ service, kind, result }) => service === "web" && kind === "log" && result === "ok",
      );
    });
  },
);

story(
  "a spec that is there stays, and what cannot be read is said with its place",
  {},
  async ({ holdfast, run }) => {
    const before = await run(["sha256sum", `${directory}/holdfast.yaml`]).succeeds();
    const again = await holdfast(
      `import ${directory}/supervisord.conf --out ${directory}/holdfast.yaml`,
    ).fails();
    expect(again.stderr).toContain("it is there already");
    expect((await run(["sha256sum", `${directory}/holdfast.yaml`]).succeeds()).stdout).toBe(before.stdout);
    const found: { diagnostics: { code: string; at: { file: string } }[] } = (
      await holdfast("import /bin/true /nowhere --json").fails()
    ).json();
    expect(found.diagnostics.map(({ code, at }) => `${at.file} ${code}`)).toEqual([
      "/nowhere import/not-read",
      "/bin/true import/binary",
    ]);
  },
);
