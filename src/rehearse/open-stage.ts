import { dirname } from "node:path";
import { interruptedError } from "../apply/pause.ts";
import { writtenPaths } from "../compile/spec-paths.ts";
import { putStandIns } from "../harden/put-stand-ins.ts";
import type { RunResult } from "../host/host.ts";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { readTarget } from "../plan/read-target.ts";
import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { Progress } from "../report/progress.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import type { Spec } from "../spec/spec.ts";
import { stateDirectory } from "../store/open-store.ts";
import { bootCopy, type CopyKind } from "./boot-copy.ts";
import { carryOver } from "./carry-over.ts";
import { Inside } from "./inside/client.ts";
import { assertIsolated } from "./isolation.ts";
import { lookForSpace } from "./large-files.ts";
import { assertHoldfastRuns, runsWith } from "./other-tree.ts";
import { paceSpec } from "./pace-spec.ts";
import { placeSpec } from "./place-spec.ts";
import { planUpstreams } from "./plan-upstreams.ts";
import { putUpstreams } from "./put-upstreams.ts";
import { sealServices } from "./seal.ts";
import { CopyStage, openBus } from "./stage.ts";
import { subjectsOf } from "./subject.ts";

export type StageOptions = {
  /** The holdfast that runs there, and the directory it needs to see. */
  holdfast: string;
  checkout: string;
  /** The spec's file, absolute, its text, and what was read from it. */
  file: string;
  text: string;
  spec: Spec;
  environment: string | null;
  realTime: boolean;
  /** Secrets that are not replaced, by their names: the application gets the live ones. */
  grant: readonly string[];
  /** The tree below: "/" or one made by debootstrap. */
  lower: string;
  /** With the kernel of this machine, or one of its own; namespaces when not given. */
  copy?: CopyKind;
  /** Of all that is written on the copy, such as "4G"; chosen by the memory there is when not given. */
  size?: string;
  /** Directories that are empty on the copy, absolute. */
  empty?: readonly string[];
  progress: Progress;
  signal: AbortSignal;
  /** Puts things there that the application needs, before the spec is applied. */
  prepare?: (host: ThrowawayHost) => Promise<void>;
};

/** Boots the copy, makes sure that nothing gets out of it, applies the spec there and waits until all is ready. */
export async function openStage(options: StageOptions): Promise<CopyStage> {
  const { spec, file, text, progress, signal, holdfast } = options;
  const began = performance.now();
  const upstreams = planUpstreams(spec, dirname(file), Date.now());
  const other = options.lower !== "/";
  progress.begin(`Boot a copy of ${other ? options.lower : "this machine"}`);
  const own = [dirname(file), spec.directory];
  const writes = [...Object.values(spec.services), ...Object.values(spec.jobs)].flatMap((program) =>
    writtenPaths(spec, program),
  );
  const copy = {
    lower: options.lower,
    visible: other ? runsWith(options.checkout) : [options.checkout, ...own],
    needs: writes,
    hide: ["/root/.ssh", "/etc/credstore", "/etc/credstore.encrypted", ...(options.empty ?? [])],
    ...(options.size === undefined ? {} : { sizeLimit: options.size }),
  };
  const host = await bootCopy(options.copy ?? "namespaces", copy, { spec, grant: options.grant });
  const stop = (): void => void host.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const inside = new Inside(host, holdfast);
  try {
    progress.end("done");
    if (signal.aborted) throw interruptedError();
    // Another tree has nothing of the application, and shows what it is given read-only.
    if (other) {
      await assertHoldfastRuns(host, holdfast, options.lower);
      await carryOver(
        host,
        own.filter((path) => !isWithin(path, options.checkout)),
      );
    }
    const standIns = await putStandIns(host, spec, options.grant);
    await options.prepare?.(host);
    progress.begin("Make sure that nothing gets out");
    await assertIsolated(host, inside, spec, options.grant);
    progress.end("done");
    if (upstreams) await putUpstreams(host, holdfast, upstreams);
    // A virtual machine shares no kernel that root could reach this machine through.
    const sealed = host.machine === null ? await sealServices(host, spec) : [];
    const space = await lookForSpace(host, writes, options.empty ?? []);
    const paced = paceSpec(text, file, options.environment, options.realTime, host.machine?.slowness);
    const pacedFile = await placeSpec(host, spec, file, paced.text);
    const read = parseSpec(paced.text, pacedFile);
    if (!read.spec)
      throw new Error(
        `the rehearsal's spec has mistakes: ${read.diagnostics.map(({ summary }) => summary).join("; ")}`,
      );
    progress.begin("Apply the spec");
    const applied = await host.run([holdfast, "--json", "--file", pacedFile, "apply"], {
      timeout: 300_000 * (host.machine?.slowness ?? 1),
    });
    if (applied.status !== 0) throw notApplied(applied, await space.explain());
    progress.end("done");
    const outside = await openBus(host);
    const target = {
      ...(await readTarget(outside, holdfast, stateDirectory("system"))),
      scope: "system" as const,
    };
    return new CopyStage({
      host,
      outside,
      inside,
      progress,
      signal,
      holdfast,
      file: pacedFile,
      paced,
      spec: read.spec,
      standIns,
      unlike: [...(host.lacks ?? []), ...space.notes, ...sealed],
      subjects: subjectsOf(read.spec, target),
      upMillis: performance.now() - began,
    });
  } catch (error) {
    await inside.close().catch(() => {});
    await host.destroy();
    throw signal.aborted ? interruptedError() : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The application does not even start: what apply said on the copy is the answer. */
function notApplied({ stdout, stderr }: RunResult, space: readonly Diagnostic[]): HoldfastError {
  const said = [...readDiagnostics(stdout), ...space];
  return new HoldfastError([
    {
      severity: "error",
      code: "rehearse/does-not-start",
      summary: "Cannot rehearse: the application does not start on the copy of this machine",
      detail: said.length === 0 ? stderr.trim() : "what apply said there follows",
      fix: "mend what is said, then rehearse again",
    },
    ...said,
  ]);
}

function readDiagnostics(text: string): readonly Diagnostic[] {
  try {
    return ((JSON.parse(text) as { diagnostics?: readonly Diagnostic[] }).diagnostics ?? []).filter(
      ({ severity }) => severity === "error",
    );
  } catch {
    return [];
  }
}
