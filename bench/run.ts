import { resolve } from "node:path";
import { bootThrowawayHost } from "../src/host/throwaway/throwaway.ts";
import { agentRows } from "./agent.ts";
import { hardenRows } from "./harden.ts";
import { lintRows } from "./lint.ts";
import { tellRows } from "./tell.ts";
import { simulateTenYears } from "./simulate.ts";
import { manyServices } from "./many-services.ts";
import { median, mustRun, printRows, sideBySide, type Row } from "./measure.ts";

const checkout = resolve(import.meta.dirname, "..");
const holdfast = resolve(checkout, "bin/holdfast");
const rounds = 9;

console.log(
  `Everything is measured side by side in this one run; ${rounds} rounds, medians. ${process.version}, ${process.arch}.`,
);
printRows("Start-up", await startUp());
printRows("Throwaway host", await boots());
printRows("Commands on a throwaway host", await commands());
printRows("The gate of a job", await gate());
printRows("Schedules", schedules());
printRows("Learning a sandbox", await hardenRows());
printRows("The agent", await agentRows());
printRows("Telling people", await tellRows());
printRows("Reading other people's units", lintRows());

async function startUp(): Promise<Row[]> {
  const times = await sideBySide(rounds * 3, {
    node: () => mustRun([process.execPath, "-e", "0"]),
    version: () => mustRun([holdfast, "--version"]),
  });
  const ratio = times.version / times.node;
  return [
    { what: "node -e 0", measured: `${times.node.toFixed(0)} ms`, target: "", met: null },
    { what: "holdfast --version", measured: `${times.version.toFixed(0)} ms`, target: "", met: null },
    { what: "ratio", measured: ratio.toFixed(2), target: "at most 1.5", met: ratio <= 1.5 },
  ];
}

async function boots(): Promise<Row[]> {
  const millis: number[] = [];
  for (let i = 0; i < 5; i++) {
    await using host = await bootThrowawayHost({ visible: [checkout] });
    millis.push(host.bootMillis);
  }
  const middle = median(millis);
  return [
    {
      what: "request to is-system-running, minimal target",
      measured: `${(middle / 1000).toFixed(2)} s`,
      target: "under 2 s",
      met: middle < 2000,
    },
  ];
}

async function commands(): Promise<Row[]> {
  await using host = await bootThrowawayHost({ visible: [checkout] });
  const inside = async (...argv: string[]) => {
    const result = await host.run(argv, { timeout: 300_000 });
    if (result.status !== 0)
      throw new Error(`${argv.join(" ")} ended with ${result.status}: ${result.stderr}`);
  };
  const counts = [10, 100, 1000, 3000] as const;
  for (const count of counts)
    await host.write(`/root/many-${count}.yaml`, manyServices(`many-${count}`, count, { start: true }));
  const plan = (count: number) => inside(holdfast, "--file", `/root/many-${count}.yaml`, "plan", "--json");
  const plans = await sideBySide(
    rounds,
    Object.fromEntries(counts.map((count) => [String(count), () => plan(count)])),
  );
  const took = (count: number) => plans[String(count)] ?? Number.NaN;
  const each = (from: number, to: number) => (took(to) - took(from)) / (to - from);
  const growth = each(1000, 3000) / each(10, 1000);

  await inside(holdfast, "--file", "/root/many-100.yaml", "apply");
  const units = Array.from({ length: 100 }, (_, index) => `many-100-s${index}.service`);
  const again = await sideBySide(rounds, {
    unchanged: () => inside(holdfast, "--file", "/root/many-100.yaml", "plan"),
    status: () => inside(holdfast, "status"),
    show: () => inside("systemctl", "show", ...units),
  });
  return [
    ...counts.map((count): Row => ({
      what: `plan, ${count} services, first apply`,
      measured: `${took(count).toFixed(0)} ms`,
      target: count === 1000 ? "under 1 s" : "",
      met: count === 1000 ? took(count) < 1000 : null,
    })),
    {
      what: "cost of one more service, 1000-3000 against 10-1000",
      measured: growth.toFixed(2),
      target: "linear: at most 1.3",
      met: growth <= 1.3,
    },
    {
      what: "plan, 100 running services, nothing to change",
      measured: `${again.unchanged.toFixed(0)} ms`,
      target: "",
      met: null,
    },
    {
      what: "status, 100 running services",
      measured: `${again.status.toFixed(0)} ms`,
      target: "",
      met: null,
    },
    {
      what: "systemctl show of the same 100",
      measured: `${again.show.toFixed(0)} ms`,
      target: "",
      met: null,
    },
    { what: "ratio", measured: (again.status / again.show).toFixed(2), target: "", met: null },
  ];
}

/** From the start of the wrapper to the exec of the job; the wrapper is gone by then, so nothing of it stays resident. */
async function gate(): Promise<Row[]> {
  await using host = await bootThrowawayHost({ visible: [checkout] });
  const inside = async (...argv: string[]) => {
    const result = await host.run(argv, { timeout: 60_000 });
    if (result.status !== 0)
      throw new Error(`${argv.join(" ")} ended with ${result.status}: ${result.stderr}`);
  };
  await host.write(
    "/root/jobs.yaml",
    'app: bench\nuser: daemon\ndirectory: /\ncalendar: XNYS\nzone: America/Chicago\njobs:\n  tick: { run: /usr/bin/true, calendar: 24x7, at: "*-*-* 00:00:00" }\n',
  );
  await inside(holdfast, "--file", "/root/jobs.yaml", "apply");
  const times = await sideBySide(rounds, {
    // Refused from the second time on, which reads and writes as much as letting it pass.
    gate: async () => void (await host.run([holdfast, "gate", "bench", "tick"])),
    nothing: () => inside("/usr/bin/true"),
  });
  const cost = times.gate - times.nothing;
  return [
    {
      what: "entering the host and running true",
      measured: `${times.nothing.toFixed(0)} ms`,
      target: "",
      met: null,
    },
    {
      what: "the same with the gate instead",
      measured: `${times.gate.toFixed(0)} ms`,
      target: "",
      met: null,
    },
    { what: "a gate decision", measured: `${cost.toFixed(0)} ms`, target: "at most 80 ms", met: cost <= 80 },
  ];
}

function schedules(): Row[] {
  const { millis, runs } = simulateTenYears();
  return [
    {
      what: `100 jobs over 10 years, ${runs} runs`,
      measured: `${millis.toFixed(0)} ms`,
      target: "under 2 s",
      met: millis < 2000,
    },
  ];
}
