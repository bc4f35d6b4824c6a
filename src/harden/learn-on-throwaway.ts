import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { bootThrowawayHost, type ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { type Diagnostic, HoldfastError } from "../report/diagnostic.ts";
import type { Progress } from "../report/progress.ts";
import type { Spec } from "../spec/spec.ts";
import { interruptedError } from "../apply/pause.ts";
import type { HardenResult, Told } from "./result.ts";
import { putStandIns } from "./put-stand-ins.ts";

export type LearnOptions = {
  /** The holdfast that runs there, and the directory it needs to see. */
  holdfast: string;
  checkout: string;
  /** The spec's file, absolute. */
  file: string;
  spec: Spec;
  service: string;
  exercise: readonly (readonly string[])[];
  progress: Progress;
  signal: AbortSignal;
};

/** Boots a throwaway host, puts stand-ins there for secrets, and has holdfast learn on it. Nothing of it is left. */
export async function learnOnThrowaway(options: LearnOptions): Promise<HardenResult> {
  const { spec, file, progress, signal } = options;
  progress.begin("Boot a throwaway host");
  const host = await bootThrowawayHost({
    visible: [options.checkout, dirname(file), spec.directory],
    hide: ["/root/.ssh", "/etc/credstore", "/etc/credstore.encrypted"],
  });
  const stop = (): void => void host.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    progress.end("done");
    if (signal.aborted) throw interruptedError();
    const standIns = await putStandIns(host, spec);
    await putNeededUnits(host, spec);
    return await learnInside(host, options, standIns);
  } catch (error) {
    throw signal.aborted ? interruptedError() : error;
  } finally {
    signal.removeEventListener("abort", stop);
    await host.destroy();
  }
}

async function learnInside(
  host: ThrowawayHost,
  { holdfast, file, spec, service, exercise, progress }: LearnOptions,
  standIns: readonly string[],
): Promise<HardenResult> {
  const environment = spec.environment === null ? [] : ["--env", spec.environment];
  const given = JSON.stringify({ exercise, standIns });
  const child = await host.spawn([
    holdfast,
    "--json",
    "--file",
    file,
    ...environment,
    "harden-inside",
    service,
    "--given",
    given,
  ]);
  let result: HardenResult | null = null;
  let rest = "";
  const take = (line: string): void => {
    const told = readTold(line);
    if (told === null) rest += `${line}\n`;
    else if (told.kind === "result") result = told.result;
    else if (told.kind === "begin") progress.begin(told.text);
    else progress.end(told.text);
  };
  let open = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (open + text).split("\n");
    open = lines.pop()!;
    lines.forEach(take);
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (result !== null) return result;
  const diagnostics = readDiagnostics(rest + open);
  if (diagnostics.length > 0) throw new HoldfastError(diagnostics);
  throw new Error(`holdfast harden-inside ended with ${status}:\n${said}${rest}`);
}

function readTold(line: string): Told | null {
  if (!line.startsWith('{"kind":')) return null;
  return JSON.parse(line) as Told;
}

/** What a command says with --json when it fails. */
function readDiagnostics(text: string): readonly Diagnostic[] {
  try {
    const { diagnostics } = JSON.parse(text) as { diagnostics?: readonly Diagnostic[] };
    return (diagnostics ?? []).filter(({ severity }) => severity === "error");
  } catch {
    return [];
  }
}

/** Units of this machine's own that a service names: those in /etc/systemd/system do not come along by themselves. */
async function putNeededUnits(host: ThrowawayHost, spec: Spec): Promise<void> {
  const services = Object.values(spec.services);
  const named = services.flatMap(({ requires = [], wants = [] }) => [...requires, ...wants]);
  for (const unit of new Set(named.filter((name) => name.includes(".")))) {
    const path = `/etc/systemd/system/${unit}`;
    if (existsSync(path) && !(await host.exists(path))) await host.write(path, readFileSync(path, "utf8"));
  }
}
