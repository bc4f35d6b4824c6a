import { hasErrors, type Diagnostic } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { slugOf } from "../spec/slug.ts";
import { detectNode } from "./detect-node.ts";
import { detectCompiled, detectDeno, detectJava, detectRuby, detectScript } from "./detect-others.ts";
import { detectPython } from "./detect-python.ts";
import { findManifests, findWritten } from "./find-data.ts";
import { findEnv } from "./find-env.ts";
import type { Folder } from "./folder.ts";
import { readProcfile } from "./procfile.ts";
import type { Detector, Program } from "./program.ts";
import { writeDraft } from "./write-draft.ts";
import type { Draft } from "./draft.ts";

/** A first spec, what was found for it, and what a person should know besides. */
export type DraftSpec = {
  text: string;
  app: string;
  programs: readonly Program[];
  diagnostics: readonly Diagnostic[];
  notes: readonly string[];
};

// The order of certainty: what names its start command comes before what only looks like a program.
const detectors: readonly (readonly [kind: string, detect: Detector])[] = [
  ["Python", detectPython],
  ["Deno", detectDeno],
  ["Node", detectNode],
  ["Ruby", detectRuby],
  ["Java", detectJava],
  ["a compiled program", detectCompiled],
  ["a shell script", detectScript],
];

/** Makes a first spec from what is known of a folder. Pure: the same folder always gives the same text. */
export function draftSpec(folder: Folder, file: string, options: { userScope?: boolean } = {}): DraftSpec {
  const app = slugOf(folder.path.split("/").at(-1) ?? "") || "app";
  const env = findEnv(folder);
  const kinds = detectors.flatMap(([kind, detect]) => {
    const programs = detect(folder, app);
    return programs ? [{ kind, programs }] : [];
  });
  const programs = readProcfile(folder, env?.port) ?? kinds[0]?.programs ?? [unknownProgram(app)];
  const draft: Draft = {
    app,
    directory: folder.path,
    userScope: options.userScope ?? false,
    programs,
    env,
    written: findWritten(folder),
    manifests: findManifests(folder),
    alsoFound: programs === kinds[0]?.programs ? kinds.slice(1).map(({ kind }) => kind) : [],
  };
  const text = writeDraft(draft);
  const { diagnostics } = parseSpec(text, file);
  // What init writes must be a spec; anything else is our mistake, and no file is better than a wrong one.
  if (hasErrors(diagnostics) && !cannotBeNamed(folder.path))
    throw new Error(
      `init wrote a spec with mistakes: ${diagnostics.map((d) => d.summary).join("; ")}\n${text}`,
    );
  return { text, app, programs, diagnostics: env?.diagnostics ?? [], notes: notesFor(folder, draft) };
}

function unknownProgram(app: string): Program {
  return {
    name: app,
    run: ["./start"],
    set: {},
    because: "",
    notes: ["nothing here looks like a program: put what starts the application in place of ./start"],
  };
}

/** Line breaks cannot stand in a path of a spec. */
export function cannotBeNamed(path: string): boolean {
  return /[\0\n\r]/.test(path);
}

function notesFor(folder: Folder, { programs, env, manifests }: Draft): string[] {
  return [
    ...programs.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)),
    ...(env?.open ? [`${env.file} may be read or changed by others: chmod 600 ${env.file}`] : []),
    ...(env !== null && !env.exists
      ? [`${env.file} is missing; ${env.requiredFrom} says what belongs into it`]
      : []),
    ...(manifests.length > 0 ? [`not looked into: ${manifests.join(", ")}`] : []),
    ...(folder.complete ? [] : ["the folder has more files than were looked at"]),
  ];
}
