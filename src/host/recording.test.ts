import { expect, test } from "vitest";
import { unitName } from "../value/unit-name.ts";
import type { Host } from "./host.ts";
import { recordingHost } from "./recording.ts";

/** Fails on every call that it was not given an answer for. */
function hostThatAnswers(answers: { run?: Host["run"]; read?: Host["files"]["read"] }): Host {
  const refuse = (where: string) =>
    new Proxy({} as never, {
      get: (_target, name) => () => {
        throw new Error(`${where}.${String(name)} reached the host`);
      },
    });
  const files = answers.read ? { read: answers.read } : {};
  return {
    scope: "system",
    mayChange: false,
    files: Object.setPrototypeOf(files, refuse("files")),
    systemd: refuse("systemd"),
    run: answers.run ?? (() => Promise.reject(new Error("run reached the host"))),
    close: async () => {},
  };
}

const unit = unitName("a.service");

test("changes are recorded as sentences, in order, and not made", async () => {
  const host = recordingHost(hostThatAnswers({}));
  await host.files.makeDirectory("/etc/x", 0o755);
  await host.files.write("/etc/x/a.service", "secret é", { mode: 0o640, gid: 5 });
  await host.files.link("/a", "/b");
  await host.files.rename("/b", "/c");
  await host.files.remove("/c");
  await host.files.removeTree("/etc/x");
  await host.systemd.reload();
  expect(await host.systemd.start(unit)).toBe("done");
  expect(await host.systemd.enable(unit)).toEqual([]);
  await host.systemd.kill(unit, 9, "all");
  expect(await host.run(["useradd", "--system", "bot"])).toMatchObject({ status: 0, stdout: "" });
  expect(host.record).toEqual([
    "make directory /etc/x (mode 0755)",
    "write /etc/x/a.service (9 bytes, mode 0640, owner same:5)",
    "link /a as /b",
    "rename /b to /c",
    "remove /c",
    "remove /etc/x and all below it",
    "reload systemd",
    "start a.service",
    "enable a.service",
    "send signal 9 to all of a.service",
    "run useradd --system bot",
  ]);
});

test("questions reach the host and leave no record", async () => {
  const run: Host["run"] = async () => ({ status: 0, signal: null, stdout: "asked", stderr: "" });
  const host = recordingHost(hostThatAnswers({ run, read: async () => "content" }));
  expect(await host.files.read("/etc/passwd")).toBe("content");
  expect((await host.run(["systemd-analyze", "calendar", "daily"])).stdout).toBe("asked");
  expect((await host.run(["systemctl", "show", "a.service"])).stdout).toBe("asked");
  expect(host.record).toEqual([]);
  await host.run(["systemctl", "stop", "a.service"]);
  expect(host.record).toEqual(["run systemctl stop a.service"]);
});
