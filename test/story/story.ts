import { resolve } from "node:path";
import { afterAll, beforeAll, inject, test } from "vitest";
import type { RunOptions } from "../../src/host/host.ts";
import type { EnterOptions } from "../../src/host/throwaway/enter.ts";
import { type NamespaceHost, bootThrowawayHost } from "../../src/host/throwaway/throwaway.ts";
import type { ThrowawayOptions } from "../../src/host/throwaway/options.ts";
import { HoldfastError } from "../../src/report/diagnostic.ts";
import { type Pending, Result, pending } from "./result.ts";
import { type UnitView, unitView } from "./unit.ts";
import { waitUntil } from "./wait.ts";

export { Result, waitUntil };

/** What a story can see and do. */
export type World = {
  readonly host: NamespaceHost;
  /** The real bin/holdfast of this checkout, run inside. A string is split at spaces. */
  readonly holdfast: (args: string | readonly string[], options?: RunOptions & EnterOptions) => Pending;
  /** Any other program inside. A string is split at spaces; there is no shell. */
  readonly run: (argv: string | readonly string[], options?: RunOptions & EnterOptions) => Pending;
  readonly unit: (name: string) => UnitView;
};

export type StoryOptions = {
  /** Rows of the requirements that this story shows, such as "P-01, P-03…P-05"; for readers only. */
  covers?: string;
  /** Milliseconds; 240 000 when not given. */
  timeout?: number;
};

export const checkout = resolve(import.meta.dirname, "../..");

/**
 * In milliseconds, and far more than a fast machine needs: a program that hangs ends before its story does, so that it
 * is told what hung.
 */
const patience = { boot: 120_000, program: 120_000, story: 240_000 };

/** `cannot` is what this machine lacks: stories are skipped. `trouble` is anything else: they fail. */
const stage: { host?: NamespaceHost; cannot?: string; trouble?: Error; baseline: ReadonlySet<string> } = {
  baseline: new Set(),
};

/** One host for all stories of a file: booted before the first, destroyed after the last. */
export function sharedHost(
  options: ThrowawayOptions & { setUp?: (world: World) => Promise<void> } = {},
): World {
  beforeAll(async () => {
    try {
      stage.host = await bootThrowawayHost({ visible: [checkout], timeout: patience.boot, ...options });
    } catch (error) {
      const trouble = explained(error);
      if (!isMachineTrouble(error) || storiesAreRequired()) {
        stage.trouble = trouble;
        return;
      }
      stage.cannot = trouble.message;
      console.warn(`STORIES SKIPPED, NOTHING WAS PROVEN\n${stage.cannot}`);
      return;
    }
    stage.baseline = new Set(await loadedUnits(stage.host));
    await options.setUp?.(world);
  });
  afterAll(() => stage.host?.destroy());
  return world;
}

/** A promise, shown on a real systemd host. */
export function story(title: string, options: StoryOptions, body: (world: World) => Promise<void>): void {
  test(title, { timeout: options.timeout ?? patience.story }, async (context) => {
    if (stage.trouble) throw stage.trouble;
    if (stage.cannot !== undefined) context.skip(stage.cannot.split("\n", 1)[0]);
    const began = Date.now();
    context.onTestFailed(async () => console.error(await evidenceSince(began)));
    await body(world);
  });
}

const world: World = {
  get host() {
    if (!stage.host) throw new Error("no host: call sharedHost() at the top of the story file");
    return stage.host;
  },
  holdfast(args, options) {
    const build = inject("holdfastBuild");
    if (build !== "fresh") throw new Error(`bin/holdfast cannot be tried: ${build}`);
    return inside([`${checkout}/bin/holdfast`, ...words(args)], options);
  },
  run(argv, options) {
    return inside(words(argv), options);
  },
  unit(name) {
    return unitView(world.host, name);
  },
};

function inside(argv: readonly string[], options?: RunOptions & EnterOptions): Pending {
  return pending(runInside(argv, options));
}

async function runInside(argv: readonly string[], options?: RunOptions & EnterOptions): Promise<Result> {
  if (readsTheJournal(argv)) await world.host.run(["sh", "-c", syncJournals]);
  return new Result(argv, await world.host.run(argv, { timeout: patience.program, ...options }));
}

/**
 * journald reads what was written some time after it was written. Who asks for the log in a story asks for all that was
 * written before, so each journal is told to catch up first; one that is stopped stays stopped.
 */
const syncJournals = `journalctl --sync
systemctl list-units --plain --no-legend --state=active 'systemd-journald@*.service' | while read -r unit rest; do
  name=\${unit#*@}
  journalctl --namespace="\${name%.service}" --sync
done`;

function readsTheJournal([program = "", ...args]: readonly string[]): boolean {
  if (program === "journalctl") return true;
  const commands = ["logs", "diagnose", "history", "doctor"];
  return program === `${checkout}/bin/holdfast` && args.some((word) => commands.includes(word));
}

function words(text: string | readonly string[]): readonly string[] {
  return typeof text === "string" ? text.split(" ").filter((word) => word !== "") : text;
}

/** The machine lacks something, as opposed to: our host does not boot. */
function isMachineTrouble(error: unknown): boolean {
  return (
    error instanceof HoldfastError && error.diagnostics.every(({ code }) => code !== "throwaway/boot-failed")
  );
}

function storiesAreRequired(): boolean {
  return process.env["CI"] === "true" || process.env["HOLDFAST_STORIES"] === "require";
}

function explained(error: unknown): Error {
  if (!(error instanceof HoldfastError)) return error as Error;
  const lines = error.diagnostics.flatMap(({ summary, detail, fix }) => [
    summary,
    detail,
    fix && `Fix: ${fix}`,
  ]);
  return new Error(lines.filter(Boolean).join("\n"), { cause: error });
}

/** What a person would look at first: the units that were not there at the start, and the journal of the story. */
async function evidenceSince(began: number): Promise<string> {
  const { host } = stage;
  if (!host) return "the host did not boot";
  try {
    const units = (await loadedUnits(host)).filter((name) => !stage.baseline.has(name));
    const status =
      units.length === 0
        ? ""
        : await output(host, ["systemctl", "status", "--no-pager", "-l", "-n", "0", "--", ...units]);
    await output(host, ["sh", "-c", syncJournals]);
    const since = `--since=@${(began / 1000).toFixed(3)}`;
    const journal = await output(host, [
      "journalctl",
      "--namespace=*",
      "--no-pager",
      "-o",
      "short-precise",
      since,
    ]);
    return `--- systemctl status\n${status}\n--- journal since the story began\n${journal}`;
  } catch (error) {
    return `no evidence from inside the host: ${String(error)}`;
  }
}

async function loadedUnits(host: NamespaceHost): Promise<string[]> {
  const argv = [
    "systemctl",
    "list-units",
    "--all",
    "--plain",
    "--no-legend",
    "--type=service,timer,slice,socket,path,target",
  ];
  return (await output(host, argv)).split("\n").flatMap((line) => line.split(" ")[0] || []);
}

async function output(host: NamespaceHost, argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await host.run(argv, { timeout: 60_000 });
  return stdout + stderr;
}
