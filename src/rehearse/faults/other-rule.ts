import type { CheckRule, WatchFile } from "../../compile/watch-rule.ts";
import { parseWatchFile } from "../../compile/watch-rule.ts";
import type { Stage } from "../stage.ts";

/** Where whoever watches reads its rules; drills and rehearsals are of system scope. */
export const watchFileOf = (app: string): string => `/etc/holdfast/watch/${app}.json`;

/**
 * Does something while the checks of a service go by other rules than those of its spec. What they have found by then ends
 * with these rules: nobody would ever see it end.
 */
export async function withOtherRule<T>(
  stage: Stage,
  app: string,
  service: string,
  change: (check: CheckRule) => CheckRule,
  work: () => Promise<T>,
): Promise<T> {
  const path = watchFileOf(app);
  const { status, stdout: text, stderr } = await stage.run(["cat", path]);
  if (status !== 0) throw new Error(`the rules of its checks cannot be read: ${stderr.trim()}`);
  const file = parseWatchFile(text);
  const other: WatchFile = {
    ...file,
    services: file.services.map((rule) =>
      rule.service === service ? { ...rule, checks: rule.checks.map(change) } : rule,
    ),
  };
  const mark = text.slice(0, text.indexOf("\n") + 1);
  await put(stage, path, `${mark}${JSON.stringify(other, null, 1)}\n`);
  try {
    return await work();
  } finally {
    await put(stage, path, text);
  }
}

/** Whole or not at all, because it is read at every moment; and for nobody else from the beginning, because an address may hold a token. */
async function put(stage: Stage, path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  for (const argv of [
    ["install", "-m", "600", "/dev/null", fresh],
    ["tee", fresh],
    ["mv", "-T", fresh, path],
  ]) {
    const { status, stderr } = await stage.run(argv, { stdin: text });
    if (status !== 0) throw new Error(`${path} cannot be written: ${stderr.trim()}`);
  }
}
