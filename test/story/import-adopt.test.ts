import { lstat, readFile, readlink } from "node:fs/promises";
import { expect } from "vitest";
import { cutEverywhere } from "./cut-short.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

const directory = "/opt/bot";
const units = "/etc/systemd/system";

/** As somebody wrote them who had never heard of Holdfast. */
const files: Record<string, { text: string; mode: number }> = {
  [`${units}/bot.service`]: {
    text: `# My bot. Do not touch on Mondays.
[Unit]
Description=The bot
After=network.target

[Service]
User=daemon
WorkingDirectory=${directory}
ExecStart=${directory}/bot "--live"
Restart=always
RestartSec=1
KillMode = mixed

[Install]
WantedBy=multi-user.target
`,
    mode: 0o640,
  },
  [`${units}/bot.service.d/10-limits.conf`]: {
    text: "[Service]\nEnvironment=MODE=live LEVEL=2\nMemoryMax=256M\n",
    mode: 0o600,
  },
  [`${units}/report.service`]: {
    text: `[Service]\nType=oneshot\nUser=daemon\nWorkingDirectory=${directory}\nExecStart=${directory}/report\n`,
    mode: 0o644,
  },
  [`${units}/report.timer`]: {
    text: "[Timer]\nOnCalendar=*-*-* 03:00:00\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
    mode: 0o644,
  },
};

const spec = (bot = "", env = "MODE: live, LEVEL: 2"): string => `app: bot
user: daemon
directory: ${directory}
services:
  bot:
    unit: bot.service
    defaults: systemd
    run: ./bot --live
    description: The bot
    after: [network.target]
    env: { set: { ${env} } }
    restart: { on: always, delay: 1s }
    limits: { memory: 256M }
    stop: { kill: mixed }
    ready: { settle: 0s }
    ${bot}
`;

const program = "#!/bin/sh\necho bot $1 $MODE starts\nwhile :; do sleep 1000 & wait $!; done\n";

sharedHost({
  name: "import-adopt",
  async setUp({ host }) {
    await host.write(`${directory}/bot`, program, 0o755);
    await host.write(`${directory}/report`, "#!/bin/sh\necho report\n", 0o755);
    for (const [path, { text, mode }] of Object.entries(files)) await host.write(path, text, mode);
    await host.run(["chown", "games:games", `${units}/bot.service`]);
    await host.run(["systemctl", "daemon-reload"]);
    await host.run(["systemctl", "enable", "--now", "bot.service", "report.timer"]);
  },
});

/** What must be as it was: every file with its bytes, owner, mode and inode, every link, and the process. */
async function look({ host, unit }: World, name = "bot.service"): Promise<object> {
  const paths = (await host.run(["find", units, "/usr/lib/systemd/system/ship.service"])).stdout
    .trim()
    .split("\n");
  const found = await Promise.all(
    paths.map(async (path) => {
      const at = host.root + path;
      const { mode, uid, gid, ino, mtimeMs } = await lstat(at);
      const kind = (await lstat(at)).isSymbolicLink() ? await readlink(at) : (await lstat(at)).isDirectory();
      const text = typeof kind === "string" ? kind : kind ? "" : await readFile(at, "utf8");
      return [path, kind === true ? [mode, uid, gid] : [mode, uid, gid, ino, mtimeMs, text]] as const;
    }),
  );
  const one = unit(name);
  return {
    files: Object.fromEntries(found),
    process: await one.show("MainPID"),
    run: await one.show("InvocationID"),
    enabled: await one.show("UnitFileState"),
    inForce: await one.show("Environment"),
  };
}

const runOf = async ({ unit }: World, name = "bot.service"): Promise<string[]> => [
  await unit(name).show("MainPID"),
  await unit(name).show("InvocationID"),
];

story("a unit of other hands is not touched before somebody says so", {}, async (world) => {
  const { host, holdfast } = world;
  await host.write(`${directory}/holdfast.yaml`, spec());
  const before = await look(world);
  const refused = await holdfast("apply", { directory }).fails(1);
  refused
    .says("Holdfast did not write what is there")
    .says("holdfast plan --adopt")
    .says("Nothing was changed");
  expect(await look(world)).toEqual(before);
});

story(
  "taken over, it runs on in the same process; crashes are mended as before; and rollback gives every file back",
  { covers: "P-34, P-37" },
  async (world) => {
    const { holdfast, host, unit, run } = world;
    await host.write(`${directory}/holdfast.yaml`, spec());
    const before = await look(world);
    const at = await runOf(world);

    const plan = await holdfast("plan --adopt", { directory }).succeeds();
    plan
      .says(`takes over ${units}/bot.service (kept as .bot.service.before-holdfast)`)
      .says(`takes over ${units}/bot.service.d/10-limits.conf`)
      .says("systemd reloads, the service runs on")
      .says("OnFailure=bot-give-up@bot.service (new)")
      .doesNotSay("restart,");
    await holdfast("apply --adopt", { directory }).succeeds();
    expect(await runOf(world)).toEqual(at);
    expect(await unit("bot.service").show("DropInPaths")).toBe("");
    expect(await unit("bot.service").show("NeedDaemonReload")).toBe("no");
    await run(`head -n 1 ${units}/bot.service`).says("Written by Holdfast");

    await holdfast("plan", { directory }).says("Nothing to change");
    await holdfast("status bot").says("active for");
    await holdfast("doctor").succeeds();
    await holdfast("logs bot").says("bot --live live starts");

    await run(`kill -9 ${at[0]}`).succeeds();
    await waitUntil("systemd has started it again", () => unit("bot.service").show("NRestarts"), {
      accept: (count) => count === "1",
    });
    await unit("bot.service").waitFor("active/running");
    const later = await runOf(world);

    const back = await holdfast("rollback bot").succeeds();
    back.says(`put ${units}/bot.service back as it was`).says("bot.service, with the files of that time");
    expect(await runOf(world)).toEqual(later);
    expect(await look(world)).toEqual({ ...before, process: later[0], run: later[1] });
  },
);

story(
  "imported from the host, a unit, its drop-in and a timer go on as they are, and come back as they were",
  { covers: "P-34, P-37" },
  async (world) => {
    const { holdfast, unit } = world;
    const before = await look(world);
    const at = await runOf(world);
    const imported = await holdfast("import bot.service report.service report.timer --out imported.yaml", {
      directory,
    }).succeeds();
    imported.says("Everything was carried over.");
    const here = (args: string) => holdfast(`--file imported.yaml ${args}`, { directory });
    await here("plan --adopt")
      .says("systemd reloads, the service runs on")
      .then((said) => said.says(`takes over ${units}/report.timer`).doesNotSay("restart, about"));
    await here("apply --adopt").succeeds();
    expect(await runOf(world)).toEqual(at);
    expect(await unit("bot.service").show("Environment")).toBe("MODE=live LEVEL=2");
    await unit("report.timer").is("active/waiting");
    await here("plan").says("Nothing to change");
    await holdfast("doctor").succeeds();

    await holdfast("rollback").succeeds();
    expect(await look(world)).toEqual(before);
    await unit("report.timer").is("active/waiting");
    expect(await unit("report.service").show("ExecMainStartTimestamp")).toBe("");
  },
);

story(
  "killed at every step, a take-over and its way back each leave what was there, and the process never notices",
  { covers: "O-70" },
  async (world) => {
    const { host, holdfast } = world;
    await host.write(`${directory}/holdfast.yaml`, spec());
    const before = await look(world);
    const at = await runOf(world);
    const everywhere = { app: "bot", directory, watch: [], depth: "steps", atLast: "committed" } as const;
    const there = await cutEverywhere(world, ["apply", "--adopt"], {
      ...everywhere,
      before: "as it was before the first apply",
    });
    expect(await runOf(world)).toEqual(at);
    const { generation } = (await holdfast("status --json").succeeds()).json().services[0] as {
      generation: number;
    };
    const back = await cutEverywhere(world, ["remove", "bot"], {
      ...everywhere,
      atLast: "finished",
      before: `at generation ${generation}`,
    });
    expect([...there, ...back].flatMap(({ restarted }) => restarted)).toEqual([]);
    expect(there.length).toBeGreaterThan(9);
    expect(await look(world)).toEqual(before);
  },
);

story("what is in force otherwise needs a restart, there and back, and both are said", {}, async (world) => {
  const { holdfast, host, unit } = world;
  await host.write(`${directory}/holdfast.yaml`, spec("hardening: basic"));
  const at = await runOf(world);
  await holdfast("plan --adopt --out /run/reviewed.json", { directory })
    .says("restart, about")
    .then((said) => said.says("NoNewPrivileges=yes (new)"));
  // Who has reviewed the plan has seen what it takes over.
  await holdfast("apply --plan /run/reviewed.json", { directory }).succeeds();
  const taken = await runOf(world);
  expect(taken).not.toEqual(at);
  expect(await unit("bot.service").show("NoNewPrivileges")).toBe("yes");
  await holdfast("remove bot --dry-run").says("restart, with its own files");
  await holdfast("remove bot").succeeds();
  expect(await runOf(world)).not.toEqual(taken);
  expect(await unit("bot.service").show("NoNewPrivileges")).toBe("no");
  await unit("bot.service").is("active/running");
});

story("a take-over that does not come into force is taken back as a whole", {}, async (world) => {
  const { holdfast, host, run } = world;
  await host.write("/run/systemd/system/bot.service.d/99-late.conf", "[Service]\nRestartSec=7\n");
  await run("systemctl daemon-reload").succeeds();
  await host.write(`${directory}/holdfast.yaml`, spec());
  const before = await look(world);
  const failed = await holdfast("apply --adopt", { directory }).fails(12);
  failed.says("RestartSec= of bot.service is 7s").says(`${units}/bot.service as it was`);
  expect(await look(world)).toEqual(before);
  await run("rm -r /run/systemd/system/bot.service.d").succeeds();
  await run("systemctl daemon-reload").succeeds();
});

story(
  "a timer and its job are taken over without running the job, and given back armed",
  {},
  async (world) => {
    const { holdfast, host, unit } = world;
    const jobs = `jobs:
  report:
    unit: report.service
    defaults: systemd
    run: ./report
    systemd: { Timer: { OnCalendar: "*-*-* 03:00:00", Persistent: "true" } }
`;
    await host.write(`${directory}/holdfast.yaml`, `${spec()}${jobs}`);
    const before = await look(world, "report.timer");
    await holdfast("plan --adopt", { directory }).says(`takes over ${units}/report.timer`);
    await holdfast("apply --adopt", { directory }).succeeds();
    await unit("report.timer").is("active/waiting");
    expect(await unit("report.service").show("ExecMainStartTimestamp")).toBe("");
    await holdfast("remove bot").succeeds();
    await unit("report.timer").is("active/waiting");
    expect(await unit("report.service").show("ExecMainStartTimestamp")).toBe("");
    expect(await look(world, "report.timer")).toMatchObject({ files: (before as { files: object }).files });
  },
);

story("the unit of a package is hidden, never touched, and in force again afterwards", {}, async (world) => {
  const { holdfast, host, run, unit } = world;
  const ship = files[`${units}/bot.service`]!.text.replace("The bot", "The ship");
  await host.write("/usr/lib/systemd/system/ship.service", ship);
  await run("systemctl daemon-reload").succeeds();
  await run("systemctl enable --now ship.service").succeeds();
  const text = spec("", "MODE: live")
    .replaceAll("bot.service", "ship.service")
    .replace("The bot", "The ship");
  await host.write(`${directory}/holdfast.yaml`, text.replace("limits: { memory: 256M }", ""));
  const before = await look(world, "ship.service");
  await holdfast("apply", { directory })
    .fails(1)
    .then((said) => said.says("holdfast plan --adopt"));
  await holdfast("plan --adopt", { directory }).says(
    /hides (\/usr)?\/lib\/systemd\/system\/ship.service, which stays/,
  );
  await holdfast("apply --adopt", { directory }).succeeds();
  await unit("ship.service").is("active/running");
  expect(await unit("ship.service").show("FragmentPath")).toBe(`${units}/ship.service`);
  await holdfast("remove bot").succeeds();
  expect((await unit("ship.service").show("FragmentPath")).endsWith("/lib/systemd/system/ship.service")).toBe(
    true,
  );
  await unit("ship.service").is("active/running");
  expect(await look(world, "ship.service")).toMatchObject({
    files: (before as { files: object }).files,
    enabled: "enabled",
  });
});

story(
  "a unit that is a link comes back as that link, and no secret in it is shown or kept",
  {},
  async (world) => {
    const { holdfast, host, run, unit } = world;
    const secret = "swordfish-0123456789";
    const text = files[`${units}/bot.service`]!.text.replace("The bot", "Linked").replace(
      "KillMode = mixed",
      `Environment=API_TOKEN=${secret}`,
    );
    await host.write(`${directory}/linked.service`, text, 0o600);
    await run(`systemctl enable --now ${directory}/linked.service`).succeeds();
    await host.write(`${directory}/.env`, `API_TOKEN=${secret}\n`, 0o600);
    const own = spec("", "LEVEL: 1").replaceAll("bot.service", "linked.service").replace("The bot", "Linked");
    await host.write(
      `${directory}/holdfast.yaml`,
      own.replace("env: {", "env: { file: .env,").replace("limits: { memory: 256M }", ""),
    );
    const before = await look(world, "linked.service");
    const plan = await holdfast("plan --adopt", { directory }).succeeds();
    plan.says(`takes over ${units}/linked.service`).says("API_TOKEN=[hidden]").doesNotSay(secret);
    await holdfast("apply --adopt", { directory }).succeeds();
    await run(`grep -rl ${secret} /var/lib/holdfast ${units}`).fails(1);
    await holdfast("remove bot").succeeds();
    await unit("linked.service").is("active/running");
    const { files: are } = (await look(world, "linked.service")) as { files: Record<string, unknown> };
    const { files: were } = before as { files: Record<string, unknown> };
    expect(are).toEqual(were);
  },
);
