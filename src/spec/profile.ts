import * as v from "valibot";
import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { describeIssues } from "./issues.ts";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { profileKeys } from "./profile-keys.ts";
import { score } from "./read-values.ts";
import { readYaml } from "./read-yaml.ts";
import { spanOf, toPlain, type Path } from "./tree.ts";
import { findUnknownKeys } from "./unknown-keys.ts";
import { absolutePath, count, filePath, matching, plainLine } from "./values.ts";

const directiveName = () =>
  v.picklist(
    profileKeys,
    issueMessage("profile/bad-directive", "a directive that shuts a service in, such as PrivateNetwork"),
  );

/** Nothing that could end a line, quote or expand. */
const directiveValue = () =>
  matching(
    /^[\w@~.:/+-]+( [\w@~.:/+-]+)*$/,
    "words of letters, digits and @ ~ . : / + -",
    "profile/bad-value",
  );

const why = () => requiredKey(plainLine(), { meaning: "What was seen.", example: "no socket was made" });

const learnedWith = v.record(
  absolutePath(),
  matching(/^sha256:[0-9a-f]{64}$/, "a hash such as sha256:…", "profile/bad-hash"),
);

const profileSchema = v.strictObject({
  profile: requiredKey(
    v.literal(1, issueMessage("spec/bad-version", "1, the only version of a profile this Holdfast reads")),
    { meaning: "Version of this file's format.", example: "1" },
  ),
  service: requiredKey(plainLine(), { meaning: "The service it was learned from.", example: "polybot/bot" }),
  learned: requiredKey(matching(/^\d{4}-\d\d-\d\d$/, "a date such as 2026-11-29", "spec/bad-date"), {
    meaning: "When it was learned.",
    example: "2026-11-29",
  }),
  systemd: requiredKey(count(239, 999), { meaning: "With which systemd.", example: "252" }),
  runs: key(learnedWith, {
    meaning: "The programs that were run, and their hashes: with others the profile is stale.",
    example: "{}",
  }),
  score: key(
    v.strictObject({
      before: key(score(), { meaning: "Of the preset.", example: "1.1" }),
      after: key(score(), { meaning: "With this profile.", example: "0.9" }),
    }),
    {
      meaning: "Exposure in systemd-analyze security.",
      example: "{ before: 1.1, after: 0.9 }",
    },
  ),
  set: key(
    v.record(
      directiveName(),
      v.strictObject({
        to: requiredKey(
          v.union(
            [directiveValue(), v.array(directiveValue())],
            issueMessage("profile/bad-value", "a value, or a list of values"),
          ),
          { meaning: "Its value.", example: "AF_UNIX" },
        ),
        why: why(),
      }),
    ),
    { meaning: "Directives that are tighter than in the preset, or not in it.", example: "{}" },
  ),
  off: key(v.record(directiveName(), v.strictObject({ why: why() })), {
    meaning: "Directives of the preset that the program does not survive.",
    example: "{}",
  }),
  writes: key(v.record(filePath(), v.strictObject({ why: why() })), {
    meaning: "Directories that it writes to and that the spec does not declare.",
    example: "{}",
  }),
  exercised: key(v.array(plainLine()), { meaning: "What the learning tried.", example: "[]" }),
  "not-exercised": key(v.array(plainLine()), { meaning: "What it did not try.", example: "[]" }),
});

type Values = v.InferOutput<typeof profileSchema>;

/** What a program was seen to need, as learned by `holdfast harden` and kept beside the spec. */
export type Profile = Values & { readonly file: string; placeOf(path: Path, what?: "value" | "key"): Place };

/** Where the profile of a name is kept. */
export function profileFile(specFile: string, name: string): string {
  const end = specFile.lastIndexOf("/");
  return `${end === -1 ? "" : specFile.slice(0, end + 1)}hardening/${name}.yaml`;
}

/** Reads a profile and checks all of it. `profile` is null when there is any error. */
export function parseProfile(
  text: string,
  file: string,
): { profile: Profile | null; diagnostics: readonly Diagnostic[] } {
  const yaml = readYaml(text, file);
  if (!yaml.root) return { profile: null, diagnostics: yaml.diagnostics };
  const { root, at } = yaml;
  const placeOf = (path: Path, what?: "value" | "key"): Place => at(spanOf(root, path, what));
  const result = v.safeParse(profileSchema, toPlain(root));
  const unknown = findUnknownKeys(profileSchema, { root, placeOf });
  if (!result.success)
    return { profile: null, diagnostics: [...unknown, ...describeIssues(result.issues, { root, placeOf })] };
  return unknown.length > 0
    ? { profile: null, diagnostics: unknown }
    : { profile: { ...result.output, file, placeOf }, diagnostics: [] };
}
