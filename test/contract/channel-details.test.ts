import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ChannelSettings } from "../../src/compile/channel-kinds.ts";
import { takes } from "../../src/tell/channels/takes.ts";
import type { Delivery } from "../../src/tell/channel.ts";
import { waitUntil } from "../story/wait.ts";
import { serve, serveHttp } from "./bad-servers.ts";
import {
  authority,
  directory,
  discord,
  fieldsOf,
  never,
  open,
  pagerduty,
  secrets,
  sharedProviders,
} from "./channel-parts.ts";
import { messageOf } from "./channel.contract.ts";

const shared = sharedProviders();

describe("over HTTP", () => {
  const webhook = (url: string): ChannelSettings => ({ kind: "webhook", url, keyCredential: null });
  const send = async (url: string, patience = 5000): Promise<Delivery> =>
    (await open(webhook(url), { patience })).send(messageOf(), never);

  test("trusts whom this host trusts, and shows no server a message before", async () => {
    const heard: string[] = [];
    const listen = (names: readonly string[]): Promise<number> =>
      serveHttp(
        ({ text }, response) => {
          heard.push(text);
          response.end();
        },
        authority.issue(names, [-1, 90]),
      );
    expect(await send(`https://localhost:${await listen(["localhost"])}/`)).toMatchObject({ result: "sent" });
    expect(heard).toHaveLength(1);
    const other = await listen(["other.example.org"]);
    expect(await send(`https://localhost:${other}/`)).toEqual({
      result: "later",
      why: `TLS: the certificate of localhost:${other} is for another name`,
      after: null,
      ambiguous: false,
    });
    const silent = await serve(() => {});
    expect(await send(`https://localhost:${silent}/`, 300)).toMatchObject({
      result: "later",
      ambiguous: false,
    });
    expect(heard).toHaveLength(1);
  });

  test("reads no more than the beginning of an answer without an end, and hangs up", async () => {
    shared.order = "huge";
    const before = shared.providers.written();
    expect(await send(shared.at("webhook"))).toMatchObject({ result: "sent" });
    await waitUntil("the connection is closed", () => shared.providers.open() === 0);
    // What waits in the buffers of two sockets, and not a gigabyte.
    expect(shared.providers.written() - before).toBeLessThan(32 * 1024 * 1024);
  });

  test.each([
    [301, "refused"],
    [302, "later"],
    [400, "refused"],
    [403, "refused"],
    [404, "refused"],
    [408, "later"],
    [410, "refused"],
    [425, "later"],
    [503, "later"],
  ])("status %i is %s", async (status, result) => {
    const port = await serveHttp((_, response) => {
      response.writeHead(status, { location: "http://127.0.0.1:1/", "retry-after": "never" }).end("<html>");
    });
    const delivery = await send(`http://127.0.0.1:${port}/`);
    expect(delivery).toMatchObject({ result });
    if (delivery.result === "later") expect(delivery.after).toBeNull();
  });
});

describe("pagerduty", () => {
  test.each([
    ["open", ["trigger"]],
    ["update", ["trigger"]],
    ["reminder", ["trigger"]],
    ["ack", ["acknowledge"]],
    ["resolve", ["resolve"]],
    ["recovered", ["resolve"]],
    ["test", ["trigger", "resolve"]],
  ] as const)("%s is %j, of one alert", async (kind, actions) => {
    shared.received = [];
    shared.order = "ok";
    const channel = await open(pagerduty(shared.at("pagerduty")));
    const message = messageOf({ kind });
    await channel.send(message, never);
    const events = shared.received.map(fieldsOf);
    expect(events.map((event) => event["event_action"])).toEqual(actions);
    for (const event of events)
      expect(event).toMatchObject({
        routing_key: secrets["pagerduty"],
        dedup_key: message.dedupKey ?? message.id,
        payload: { source: "vps1", severity: kind === "test" ? "info" : "critical" },
      });
  });

  test("takes nothing that is about no incident", async () => {
    const channel = await open(pagerduty(shared.at("pagerduty")));
    for (const kind of ["notice", "digest"] as const) {
      expect(takes("pagerduty", kind)).toBe(false);
      expect(takes("telegram", kind)).toBe(true);
      const delivery = await channel.send(messageOf({ kind }), never);
      expect(delivery).toEqual({ result: "refused", why: `PagerDuty takes no ${kind}` });
    }
  });
});

test("discord keeps links whole", async () => {
  shared.received = [];
  shared.order = "ok";
  const lines = ["see https://example.org/run_book/a_b?x=1 *now*"];
  await (await open(discord(shared.at("discord")))).send(messageOf({ lines }), never);
  expect(fieldsOf(shared.received[0]!)["content"]).toContain(
    "see https://example.org/run_book/a_b?x=1 \\*now\\*",
  );
});

describe("command", () => {
  const settings = (argv: string[], changes: object = {}): ChannelSettings => ({
    kind: "command",
    argv,
    user: null,
    directory: "/",
    timeout: 5000,
    ...changes,
  });
  const send = async (argv: string[], changes: object = {}): Promise<unknown> =>
    (await open(settings(argv, changes))).send(messageOf(), never);

  test.each([
    [0, "sent"],
    [1, "later"],
    [64, "refused"],
    [65, "refused"],
    [69, "refused"],
    [75, "later"],
    [77, "refused"],
    [78, "refused"],
    [126, "refused"],
  ])("exit code %i is %s", async (code, result) => {
    expect(await send(["/bin/sh", "-c", `exit ${code}`])).toMatchObject({ result });
  });

  test("runs in its own directory and account, with nothing of ours in its environment", async () => {
    const place = join(directory, "account");
    mkdirSync(place);
    chmodSync(place, 0o777);
    chmodSync(directory, 0o755);
    process.env["HOLDFAST_TEST_OWN"] = "ours";
    const shown = "pwd >out; id -un >>out; id -Gn >>out; env >>out";
    const user = process.getuid?.() === 0 ? "nobody" : null;
    const sent = await send(["/bin/sh", "-c", shown], { user, directory: place });
    expect(sent).toEqual({ result: "sent", providerId: null });
    const [cwd, name, groups, ...env] = readFileSync(join(place, "out"), "utf8").trim().split("\n");
    expect(cwd).toBe(place);
    if (user !== null) expect([name, groups]).toEqual(["nobody", "nogroup"]);
    expect(env.join("\n")).not.toContain("HOLDFAST_TEST_OWN");
    delete process.env["HOLDFAST_TEST_OWN"];
    expect(await send(["/bin/true"], { user: "holdfast-no-such-account" })).toEqual({
      result: "refused",
      why: "there is no account holdfast-no-such-account on this host",
    });
  });

  test("kills the children of a program that takes too long, and waits for none that were left behind", async () => {
    const place = join(directory, "children");
    mkdirSync(place);
    const argv = ["/bin/sh", "-c", 'sleep 600 & echo $! >"$0/pid"; wait', place];
    expect(await send(argv, { timeout: 200 })).toMatchObject({
      result: "later",
      ambiguous: true,
      why: "/bin/sh: not done within 200 ms",
    });
    const pid = Number(readFileSync(join(place, "pid"), "utf8"));
    await waitUntil("the child is gone", () => !isRunning(pid));
    const left = ["/bin/sh", "-c", 'setsid sleep 600 & echo $! >"$0/pid"', place];
    expect(await send(left)).toEqual({ result: "sent", providerId: null });
    process.kill(Number(readFileSync(join(place, "pid"), "utf8")));
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
