import { expect } from "vitest";
import { checkout, sharedHost, story, waitUntil } from "../story/story.ts";

sharedHost({
  setUp: async ({ host }) => {
    await host.run(["useradd", "--create-home", "--uid", "4321", "somebody"]);
    await host.run(["loginctl", "enable-linger", "somebody"]);
    await waitUntil("the user has a bus", () => host.exists("/run/user/4321/bus"));
  },
});

// It outlives its words: journald asks /proc whose they are some time after they were written.
const unit =
  "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo mine; sleep 1; exit 2'\n[Install]\nWantedBy=default.target\n";

const script = `
  const { openLocalHost } = await import("${checkout}/src/host/local.ts");
  const host = await openLocalHost("user");
  const path = "/home/somebody/.config/systemd/user/mine.service";
  await host.files.makeDirectory(path.replace("/mine.service", ""), 0o755);
  await host.files.write(path, ${JSON.stringify(unit)}, { mode: 0o644 });
  await host.systemd.reload();
  const start = await host.systemd.start("mine.service");
  const links = (await host.systemd.enable("mine.service")).length;
  const read = await host.systemd.properties("mine.service", ["Result", "ExecMainStatus"]);
  await host.close();
  console.log(JSON.stringify({ mayChange: host.mayChange, start, links, read }));`;

const greeting = `
  const { openLocalHost } = await import("${checkout}/src/host/local.ts");
  const host = await openLocalHost("user");
  const trouble = await host.systemd.version().catch((error) => error.diagnostics[0]);
  await host.close();
  console.log(JSON.stringify(trouble));`;

const journal = `
  const { readJournal } = await import("${checkout}/src/host/journal.ts");
  const lines = [];
  const query = { scope: "user", units: ["mine.service"], namespace: null };
  for await (const { from, unit, message } of readJournal(query)) lines.push([from, unit, message]);
  console.log(JSON.stringify(lines));`;

const node = (text: string): string[] => [process.execPath, "--input-type=module", "-e", text];
const session = { user: "somebody", env: { XDG_RUNTIME_DIR: "/run/user/4321", HOME: "/home/somebody" } };

story("a user's own manager is changed without root, and its journal is read", {}, async ({ run }) => {
  expect((await run(node(script), session).succeeds()).json()).toEqual({
    mayChange: true,
    start: "failed",
    links: 1,
    read: { Result: "exit-code", ExecMainStatus: 2 },
  });
  const wrote = ["unit", "mine.service", "mine"];
  await waitUntil("the line is there", async () => (await run(node(journal), session).succeeds()).json(), {
    accept: (lines: unknown) => JSON.stringify(lines).includes(JSON.stringify(wrote)),
  });
});

story("the bus of another user does not let us in", {}, async ({ run }) => {
  for (const user of ["root", "nobody"]) {
    const trouble = (await run(node(greeting), { ...session, user }).succeeds()).json();
    expect(trouble).toMatchObject({ code: "host/no-systemd", fix: expect.stringContaining("enable-linger") });
  }
});
