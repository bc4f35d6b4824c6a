import { appendFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Order, Received } from "./order.ts";
import { startProviders } from "./providers.ts";
import { startMailReceiver } from "./smtp-receiver.ts";

// Stands for all providers on a host that a story boots:
//
//   node test/servers/receiver-main.ts --dir DIR [--http PORT] [--smtp PORT]
//
// Listens at 127.0.0.1 and prints "ready" when it does; --http 8025 and --smtp 2525 when not said otherwise. Base addresses
// are http://127.0.0.1:8025/telegram, /slack, /pagerduty, /ntfy, /discord and /webhook; all credentials are right.
//
//   DIR/received.jsonl         every request and mail, a line of JSON each (see Received); calls of getUpdates only when told
//   DIR/orders.json            { "telegram": "hang", "smtp": "drop" }: see Order; read again for each request
//   DIR/telegram-updates.json  [{ "callback_query": {…} }]: handed out by getUpdates, once; write it elsewhere and rename it
//   DIR/slack-payloads.json    [{ "type": "block_actions", … }]: sent to whoever listens by Socket Mode, once

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    http: { type: "string", default: "8025" },
    smtp: { type: "string", default: "2525" },
    polls: { type: "boolean", default: false },
  },
});
const { dir } = values;
if (dir === undefined) throw new Error("--dir says where received.jsonl is written");

function orderFor(provider: string): Order {
  const orders = readNow("orders.json") as Partial<Record<string, Order>> | null;
  return orders?.[provider] ?? "ok";
}

function keep(received: Received): void {
  if (!values.polls && received.path.endsWith("/getUpdates")) return;
  appendFileSync(join(dir!, "received.jsonl"), `${JSON.stringify(received)}\n`);
}

/** null when the file is not there, or not whole yet. */
function readNow(name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(dir!, name), "utf8"));
  } catch {
    return null;
  }
}

/** Takes the file away first, so that it is handed out once. */
function takeList(name: string): Record<string, unknown>[] {
  const found = readNow(name);
  if (found === null) return [];
  renameSync(join(dir!, name), join(dir!, `${name}.taken`));
  rmSync(join(dir!, `${name}.taken`));
  return (Array.isArray(found) ? found : [found]) as Record<string, unknown>[];
}

const providers = await startProviders({
  port: Number(values.http),
  orderFor,
  onReceived: keep,
  tokens: { telegram: null, slack: null },
});
await startMailReceiver({
  port: Number(values.smtp),
  order: () => orderFor("smtp"),
  onMail: keep,
  certificate: null,
  login: null,
});
let pressed = 0;
setInterval(() => {
  for (const update of takeList("telegram-updates.json")) providers.updates.push(update);
  if (providers.sockets.size === 0) return;
  for (const payload of takeList("slack-payloads.json"))
    providers.sockets.press(`envelope-${(pressed += 1)}`, payload);
}, 50);
console.log("ready");
