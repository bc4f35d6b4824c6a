import { lchownSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { learnOnThrowaway } from "../harden/learn-on-throwaway.ts";
import type { HardenResult } from "../harden/result.ts";
import type { Host } from "../host/host.ts";
import { writeProfile } from "../harden/write-profile.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { nearest } from "../spec/nearest.ts";
import type { Spec } from "../spec/spec.ts";
import { profileFile } from "../spec/profile.ts";
import { parseCommand } from "../value/command.ts";
import { describeHarden } from "./describe-harden.ts";
import { interruptible } from "./interruptible.ts";
import { loadSpec } from "./load-spec.ts";
import { holdfastProgram, type Session } from "./session.ts";

export type HardenOptions = { exercise?: readonly string[]; write?: boolean; profile?: string };

/** holdfast harden: finds on a throwaway host the tightest sandbox that a service survives. Without --write it changes nothing. */
export async function runHarden(session: Session, name: string, options: HardenOptions): Promise<number> {
  const { spec } = loadSpec(session);
  assertCanLearn(session, spec, name);
  const exercise = (options.exercise ?? []).map(readExercise);
  const profile = profileName(spec, name, options.profile);
  const began = performance.now();
  const result = await interruptible((signal) =>
    learnOnThrowaway({
      holdfast: holdfastProgram(),
      checkout: resolve(holdfastProgram(), "../.."),
      file: resolve(session.options.file),
      spec,
      service: name,
      exercise,
      progress: session.out.progress(),
      signal,
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const file = profileFile(session.options.file, profile);
  const text = writeProfile({ ...result, ...result.profile, learned: today() });
  if (options.write) await writeBeside(await session.host(), resolve(file), text, session.options.file);
  const change = specChange(spec, name, profile, result);
  session.out.result(
    { ...result, seconds, profileName: profile, file, written: options.write ?? false, text, change },
    describeHarden(result, {
      seconds,
      file,
      written: options.write ?? false,
      change,
      again: session.commandLine(commandAgain(name, options)),
      style: session.out.style,
    }),
  );
  return exitCode.done;
}

function assertCanLearn(session: Session, spec: Spec, name: string): void {
  if (session.scope === "user")
    throw usage(
      "harden/user-scope",
      "Cannot learn for a user's services: the throwaway host tries system services",
      "learn without --user; the profile is compiled for --user, too, and what is lost there is said",
    );
  if (name in spec.jobs)
    throw usage(
      "harden/job",
      `Cannot learn what "${name}" needs: it is a job, and only services are tried`,
      "give it hardening: by hand, or the profile of a service that runs the same program",
    );
  if (name in spec.services) return;
  const known = Object.keys(spec.services);
  const near = nearest(name, known);
  throw usage(
    "harden/no-service",
    `Cannot find a service "${name}"; ${known.length === 0 ? "the spec has none" : `there are ${known.join(", ")}`}`,
    near === undefined ? "holdfast harden SERVICE" : `holdfast harden ${near}`,
  );
}

function readExercise(text: string): readonly string[] {
  const read = parseCommand(text);
  if (read.ok) return read.value;
  throw usage(
    "usage/bad-option",
    `Cannot use --exercise ${JSON.stringify(text)}: expected ${read.expected}`,
    read.fix,
  );
}

/** As asked; else the one that the spec names already; else one of its own. */
function profileName(spec: Spec, name: string, asked: string | undefined): string {
  if (asked !== undefined && !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(asked))
    throw usage(
      "usage/bad-option",
      `Cannot name a profile ${JSON.stringify(asked)}: expected lower-case letters, digits, - and _`,
      `--profile ${spec.app}-${name}`,
    );
  const { hardening } = spec.services[name]!;
  const named = typeof hardening === "object" ? hardening.profile : undefined;
  return asked ?? named ?? (name === spec.app ? name : `${spec.app}-${name}`);
}

/** The line of the spec that puts the profile in force, with its score as the limit. */
function specChange(spec: Spec, name: string, profile: string, { after }: HardenResult): string | null {
  const limit = after === null ? "" : `, at-most: ${after.toFixed(1)}`;
  const { hardening } = spec.services[name]!;
  const named = typeof hardening === "object" && hardening.profile === profile;
  if (named && (after === null || (hardening["at-most"] ?? 2) >= after)) return null;
  const apparmor = typeof hardening === "object" && hardening.apparmor ? ", apparmor: true" : "";
  return `services:\n  ${name}:\n    hardening: { profile: ${profile}${limit}${apparmor} }`;
}

/**
 * It belongs to whoever has the spec: root writes it, and a person commits it. Written in a directory of somebody else, so no
 * link is followed.
 */
async function writeBeside({ files }: Host, file: string, text: string, specFile: string): Promise<void> {
  const { uid, gid } = statSync(specFile);
  const directory = dirname(file);
  const there = await files.stat(directory);
  if (there !== null && there.kind !== "directory")
    throw usage(
      "harden/no-directory",
      `Cannot write ${file}: ${directory} is no directory`,
      `mkdir ${directory}`,
    );
  if (there === null) {
    await files.makeDirectory(directory, 0o755);
    lchownSync(directory, uid, gid);
  }
  await files.write(file, text, { mode: 0o644, uid, gid });
}

function commandAgain(name: string, { exercise = [] }: HardenOptions): string {
  const words = exercise.map((one) => ` --exercise ${JSON.stringify(one)}`);
  return `harden ${name}${words.join("")} --write`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function usage(code: string, summary: string, fix: string | undefined): HoldfastError {
  return new HoldfastError(
    { severity: "error", code, summary, ...(fix === undefined ? {} : { fix }) },
    exitCode.usage,
  );
}
