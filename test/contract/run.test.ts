import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../../src/host/run.ts";
import { waitUntil } from "../story/wait.ts";

test("gives output, status and signal as they are", async () => {
  const script = "echo out; echo err >&2; exit 3";
  expect(await run(["sh", "-c", script])).toEqual({
    status: 3,
    signal: null,
    stdout: "out\n",
    stderr: "err\n",
  });
  expect(await run(["sh", "-c", "kill -TERM $$"])).toMatchObject({ status: null, signal: "SIGTERM" });
});

test("passes arguments as they are, to no shell", async () => {
  const odd = ["$HOME", "a b", "*", ";", "`id`", "\\", "", "\n"];
  expect((await run(["printf", "%s|", ...odd])).stdout).toBe(odd.map((text) => `${text}|`).join(""));
});

test("feeds standard input, to programs that read it and to those that do not", async () => {
  expect((await run(["cat"], { stdin: "é\n" })).stdout).toBe("é\n");
  expect((await run(["true"], { stdin: "x".repeat(1_000_000) })).status).toBe(0);
  expect((await run(["cat"])).stdout).toBe("");
});

test("speaks one language, and adds to the environment", async () => {
  const { stdout } = await run(["sh", "-c", "echo $LC_ALL $EXTRA ${PATH:+path}"], { env: { EXTRA: "1" } });
  expect(stdout).toBe("C.UTF-8 1 path\n");
});

test("answers for a program that is not there or cannot be run", async () => {
  const missing = await run(["holdfast-no-such-program"]);
  expect(missing).toMatchObject({ status: 127, signal: null });
  expect(missing.stderr).toMatch(/^Cannot run holdfast-no-such-program: no such program in PATH/);
  expect(await run(["/etc/passwd"])).toMatchObject({
    status: 126,
    stderr: "Cannot run /etc/passwd: permission denied\n",
  });
});

test("kills a program that takes too long, with its children", async () => {
  const { stdout, signal } = await run(["sh", "-c", "sleep 600 & echo $!; wait"], { timeout: 2000 });
  expect(signal).toBe("SIGKILL");
  expect(stdout).toMatch(/^\d+\n$/);
  await waitUntil("the child is gone", () => !isRunning(Number(stdout)));
});

test("does not wait for a child that left the process group and holds the pipe", async () => {
  const began = performance.now();
  const { stdout } = await run(["sh", "-c", "setsid sleep 600 & echo $!; sleep 600"], { timeout: 2000 });
  expect(performance.now() - began).toBeLessThan(60_000);
  // Without a number this would be our own process group.
  expect(stdout).toMatch(/^\d+\n$/);
  process.kill(Number(stdout));
});

test("cuts endless output and says so", async () => {
  const { stdout, stderr, status } = await run(["head", "-c", "70000000", "/dev/zero"]);
  expect({ status, length: stdout.length }).toEqual({ status: 0, length: 64 * 1024 * 1024 });
  expect(stderr).toContain("stdout was cut after 64 MiB");
});

/** A zombie is not running: where PID 1 does not reap, it stays for ever. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
