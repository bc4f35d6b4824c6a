import { HoldfastError } from "../report/diagnostic.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Runtime } from "../spec/defaults.ts";
import { printable } from "../value/printable.ts";
import type { ApplyContext } from "./context.ts";
import { runInSandbox } from "./sandbox-run.ts";

const versionFlag: Partial<Record<Runtime, string>> = {
  python: "--version",
  node: "--version",
  bun: "--version",
  deno: "--version",
  ruby: "--version",
  java: "-version",
};

/** Starts the runtime, once and for nothing, under the sandbox of the service: what fails here would have failed in production. */
export async function tryProgram(context: ApplyContext, service: DesiredService): Promise<void> {
  const flag = versionFlag[service.runtime];
  const runsRuntime =
    flag !== undefined && /(python|pypy|node|bun|deno|ruby|java)[\d.]*$/.test(service.program);
  const argv = runsRuntime ? [service.program, flag] : ["/usr/bin/test", "-x", service.program];
  if (!runsRuntime && !service.program.startsWith("/")) return;
  const end = await runInSandbox(context, service, argv, 20_000);
  if (end.explanation !== null) {
    const { sentence, fix } =
      runsRuntime || end.status !== 1
        ? end.explanation
        : {
            sentence: "the service's account cannot see or run it there",
            fix: "check its permissions, and that hardening does not hide the directory",
          };
    throw new HoldfastError({
      severity: "error",
      code: "apply/program-does-not-run",
      summary: `Cannot run ${service.program} in the sandbox of service "${service.name}": ${sentence}`,
      ...(end.output.trim() === ""
        ? {}
        : {
            detail: `it said:\n  ${printable(end.output.trim().split("\n").slice(-4).join("\n")).replaceAll("\\x0a", "\n  ")}`,
          }),
      ...(fix === null ? {} : { fix }),
    });
  }
  if (runsRuntime && service.runtimeAtLeast !== null) assertVersion(service, end.output);
}

function assertVersion(service: DesiredService, output: string): void {
  const found = /(\d+(?:\.\d+)*)/.exec(output)?.[1];
  if (found !== undefined && compareVersions(found, service.runtimeAtLeast!) >= 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/runtime-too-old",
    summary: `Cannot use ${service.program} for service "${service.name}": it is ${service.runtime} ${found ?? "of an unknown version"}, and the spec needs ${service.runtimeAtLeast} or later`,
    fix: `install ${service.runtime} ${service.runtimeAtLeast}, or change runtime:`,
  });
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
