import { compileSpec } from "../../compile/compile.ts";
import { debian12, type Target } from "../../compile/target.ts";
import { writeKeys, type KeyLine } from "../../init/write-keys.ts";
import { hasErrors } from "../../report/diagnostic.ts";
import { parseSpec } from "../../spec/parse-spec.ts";
import { compareSettings, type SettingChange } from "./compare-settings.ts";
import { draftProgram, type Draft, type DraftOptions, type Source } from "./draft.ts";

export type SettleOptions = DraftOptions & {
  systemd: number;
  user: string | null;
  group: string | null;
};

/** A draft that the spec takes, and what would still be another than before: nothing, or the unit cannot be brought over. */
export type Settled = { draft: Draft; changes: readonly SettingChange[] };

/** So many rounds at most: in each at least one more key stays a directive. */
const mostRounds = 40;

/**
 * Makes keys, lets the spec read and the compiler write them, and compares: a key that the spec refuses, or that would change
 * what the unit means, stays the directive it was.
 */
export function settle(source: Source, options: SettleOptions): Settled {
  const refused = new Map<string, string>();
  for (let round = 0; ; round += 1) {
    const draft = draftProgram(source, refused, options);
    const { troubled, changes } = tryDraft(source, draft, options);
    const fresh = [...troubled].filter(([key]) => !refused.has(key));
    if (fresh.length === 0 || round === mostRounds) return { draft, changes };
    for (const [key, why] of fresh) refused.set(key, why);
  }
}

const trialApp = "import-trial";

function tryDraft(
  source: Source,
  draft: Draft,
  options: SettleOptions,
): { troubled: Map<string, string>; changes: SettingChange[] } {
  const { systemd, userScope, zone } = options;
  const lines = trialLines(source, draft, options);
  const text = `${lines.map(({ line }) => line).join("\n")}\n`;
  const keyAt = (line: number | undefined): string | null => {
    const key = line === undefined ? undefined : lines[line - 1]?.key;
    return key === undefined ? null : key.key.join(".");
  };
  const { spec, diagnostics } = parseSpec(text, "holdfast.yaml");
  const target: Target = {
    ...debian12,
    systemd,
    scope: userScope ? "user" : "system",
    ...(userScope ? { unitDirectory: "/home/me/.config/systemd/user" } : {}),
  };
  const compiled = spec === null ? null : compileSpec(spec, target);
  const wrong = [...diagnostics, ...(compiled?.diagnostics ?? [])].filter((one) => hasErrors([one]));
  const troubled = new Map(
    wrong.flatMap(({ at, summary }) => {
      const key = keyAt(at?.line);
      return key === null ? [] : [[key, lowered(summary)] as const];
    }),
  );
  if (wrong.length > 0 || compiled === null)
    return {
      troubled,
      changes: wrong.map(({ summary }) => ({
        unit: source.unit.name,
        directive: ["", summary],
        before: [],
        after: [],
      })),
    };
  const changes = [
    { name: source.unit.name, force: source.force },
    ...(source.timer ? [{ name: source.timer.unit.name, force: source.timer.force }] : []),
  ].flatMap(({ name, force }) => {
    const artifact = compiled.artifacts.find((one) => one.unit === name);
    if (artifact === undefined)
      return [{ unit: name, directive: ["", "it is not written"] as const, before: [], after: [] }];
    return compareSettings(force, artifact, { app: trialApp, systemd, zone, holdfast: target.holdfast });
  });
  const changed = new Set(changes.map(({ directive }) => directive.join(".")));
  const culprits = [...draft.claims].flatMap(([key, from]) =>
    from.some((directive) => changed.has(directive.join(".")))
      ? [[key, "it would mean something else"] as const]
      : [],
  );
  return { troubled: new Map(culprits), changes };
}

function trialLines({ kind, name }: Source, draft: Draft, options: SettleOptions): KeyLine[] {
  const { userScope, user, group, directory } = options;
  return [
    { line: `app: ${trialApp}` },
    ...(userScope ? [] : [{ line: `user: ${user}` }]),
    ...(userScope || user !== "root" ? [] : [{ line: "allow-root: trial" }]),
    ...(userScope || group === null ? [] : [{ line: `group: ${group}` }]),
    { line: `directory: ${JSON.stringify(directory)}` },
    { line: `${kind}s:` },
    { line: `  ${JSON.stringify(name)}:` },
    ...writeKeys("    ", draft.keys),
  ];
}

function lowered(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
}
