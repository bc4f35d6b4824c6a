import { resolve } from "node:path";
import { bootThrowawayHost, type NamespaceHost } from "../src/host/throwaway/throwaway.ts";
import { printRows, type Row } from "./measure.ts";

const checkout = resolve(import.meta.dirname, "..");
const directory = "/opt/hardened";

/** Answers over HTTP, starts a child, a worker and WebAssembly, writes its data: what a Node service ordinarily does. */
const nodeProgram = `
const http = require("node:http"), fs = require("node:fs"), os = require("node:os");
const { execFile } = require("node:child_process");
const { Worker } = require("node:worker_threads");
new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
new Worker("setInterval(() => {}, 1000)", { eval: true }).unref();
const server = http.createServer((request, response) => {
  fs.writeFileSync("data/last", String(os.networkInterfaces().lo.length));
  execFile("/usr/bin/true", (error) => response.writeHead(error ? 500 : 200).end("ok"));
});
server.listen(8124, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;

/** Cannot do without three things of the preset, so the search has to find them. */
const needyProgram = `
import ctypes, os, signal, sys, time
if not os.path.exists("/proc/1"): sys.exit(3)
libc = ctypes.CDLL(None, use_errno=True)
if libc.personality(0x0040000) == -1: sys.exit(4)
if not os.path.isdir("/home/visible"): sys.exit(5)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True: time.sleep(1)
`;

type Learned = { probes: number; seconds: number };

/** How long it takes to learn what a service needs, on a machine with strace and on one without. */
export async function hardenRows(): Promise<Row[]> {
  await using host = await bootThrowawayHost({ visible: [checkout] });
  await host.run(["mkdir", "-p", directory, "/home/visible"]);
  await host.write(`${directory}/web.js`, nodeProgram);
  await host.write(`${directory}/needy.py`, needyProgram);
  await host.write(
    `${directory}/holdfast.yaml`,
    `app: hardened
user: hardened
directory: ${directory}
services:
  web:
    run: /usr/bin/node web.js
    ports: [8124]
    writes: [data]
    ready: { http: "http://127.0.0.1:8124/" }
  needy: { run: /usr/bin/python3 needy.py, ready: { settle: 1s } }
`,
  );
  const seen = await learn(host, "web");
  const needy = await learn(host, "needy");
  await host.run(["rm", "-f", "/usr/bin/strace"]);
  const blind = await learn(host, "web");
  return [
    row("a Node service", seen, 60),
    row("the same without strace", blind, 60),
    row("a Python service that breaks under three directives", needy, null),
  ];
}

function row(what: string, { seconds, probes }: Learned, limit: number | null): Row {
  return {
    what,
    measured: `${seconds.toFixed(1)} s, ${probes} runs`,
    target: limit === null ? "" : `under ${limit} s`,
    met: limit === null ? null : seconds < limit,
  };
}

async function learn(host: NamespaceHost, service: string): Promise<Learned> {
  const argv = [
    `${checkout}/bin/holdfast`,
    "--file",
    `${directory}/holdfast.yaml`,
    "--json",
    "harden",
    service,
  ];
  const result = await host.run(argv, { timeout: 300_000 });
  if (result.status !== 0) throw new Error(`harden ${service} ended with ${result.status}: ${result.stdout}`);
  return JSON.parse(result.stdout) as Learned;
}

if (import.meta.main) printRows("Learning a sandbox", await hardenRows());
