import { expect, test } from "vitest";
import { parseCrontab } from "./crontab.ts";
import { auditRootRuns, pathsIn } from "./root-run.ts";
import { ann, auditOf, lines } from "./test-host.ts";
import { commandsInUnit } from "./unit-commands.ts";

test("a crontab is read as cron reads it", () => {
  const text =
    "# c\nPATH=/x:/y\n\n0 3 * * * root /a/b --x\n@daily  ann  /c\r\n*/5 * * * * root mail -s 'x' %text\nbroken\n";
  expect(parseCrontab(text, { withUser: true })).toEqual([
    { line: 4, user: "root", command: "/a/b --x" },
    { line: 5, user: "ann", command: "/c" },
    { line: 6, user: "root", command: "mail -s 'x' " },
  ]);
  expect(parseCrontab("@reboot /a\n1 2 3 4 5 /b c", { withUser: false })).toEqual([
    { line: 1, user: "root", command: "/a" },
    { line: 2, user: "root", command: "/b c" },
  ]);
});

test("paths of a shell's line, those after a cd too", () => {
  expect(
    pathsIn(`cd /home/ann && ./x.sh >/dev/null 2>&1; "/opt/a b/run" | /usr/bin/tee $HOME/y /tmp/*.log`),
  ).toEqual(["/home/ann", "/home/ann/x.sh", "/opt/a b/run", "/usr/bin/tee"]);
});

test("commands of a unit that run as root, by User= and by their marks", () => {
  const commands = (text: string) => commandsInUnit(`[Unit]\nExecStart=/no\n[Service]\n${text}`);
  expect(commands("ExecStart=/a \\\n  b\nExecStop=-/c")).toEqual([
    { line: "/a    b", asRoot: true, directory: "/" },
    { line: "/c", asRoot: true, directory: "/" },
  ]);
  expect(
    commands("User=bot\nWorkingDirectory=-/opt\nExecStart=/a\nExecStartPre=-+/b").map(
      ({ line, asRoot }) => `${line} ${asRoot}`,
    ),
  ).toEqual(["/a false", "/b true"]);
  expect(commands("ExecStart=/a\nExecStart=\nExecStart=/b")).toMatchObject([{ line: "/b" }]);
  expect(commands("DynamicUser=yes\nExecStart=/a")).toMatchObject([{ asRoot: false }]);
});

test("what root runs from somebody's directory is found, by cron and by units; what a user runs is not", async () => {
  const found = await auditRootRuns(
    auditOf({
      "/etc/cron.d/nightly": {
        text: "0 3 * * * root /home/ann/nightly.sh\n0 4 * * * ann /home/ann/own.sh\n",
      },
      "/etc/cron.d/has.dot": { text: "0 3 * * * root /home/ann/own.sh\n" },
      "/var/spool/cron/crontabs/root": { text: "@daily /opt/shared/run\n", mode: 0o600 },
      "/home/ann": { uid: ann },
      "/home/ann/nightly.sh": { text: "#!/bin/sh\n", uid: ann, mode: 0o755 },
      "/home/ann/own.sh": { text: "", uid: ann },
      "/opt/shared": { mode: 0o775, gid: 500 },
      "/opt/shared/run": { text: "", mode: 0o755 },
      "/etc/systemd/system/sync.service": { text: "[Service]\nExecStart=/bin/sh -c 'cd /srv/job && ./go'\n" },
      "/srv/job/go": { text: "", mode: 0o777 },
      "/etc/systemd/system/masked.service": { link: "/dev/null" },
      "/etc/systemd/system/user.service": { text: "[Service]\nUser=ann\nExecStart=/home/ann/own.sh\n" },
    }),
  );
  expect(lines(found)).toEqual([
    "critical root-code-writable /home/ann/nightly.sh",
    "critical root-code-writable /opt/shared",
    "critical root-code-writable /srv/job/go",
  ]);
});
