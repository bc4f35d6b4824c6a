import { describePlan } from "../../src/cli/describe-plan.ts";
import type { Intent } from "../../src/plan/change.ts";
import { renderDiagnostic } from "../../src/report/render-diagnostic.ts";
import type { Style } from "../../src/report/style.ts";
import { unitName } from "../../src/value/unit-name.ts";
import { desire, installed, makePreparedHost, planOn } from "../model/change.ts";
import type { ModelHost } from "../model/host.ts";

const same = (text: string): string => text;
const plain: Style = { strong: same, dim: same, good: same, warn: same, bad: same };

/**
 * What people read of a plan. Three parts with a line of "~~~" between: the spec in force, what has happened to the host
 * since, and the spec that is wanted. A spec may be empty: nothing is installed, or everything is removed. A line of what
 * has happened is a word of `acts` with its arguments.
 */
export async function planCase(input: string): Promise<string> {
  const [before = "", happened = "", wanted = ""] = input.split(/^~~~\n/m);
  const start = hasSpec(before) ? await installed(before) : { host: await makePreparedHost(), desired: null };
  const intents = new Map<string, Intent>();
  for (const line of happened.split("\n").filter((text) => text !== "")) await act(line, start.host, intents);
  const plan = await planOn(start.host, hasSpec(wanted) ? desire(wanted) : null, start.desired, intents);
  const said = plan.diagnostics.map((d) => `${renderDiagnostic(d, new Map(), plain)}\n`);
  return [...said, `${describePlan(plan, plain)}\n`].join("");
}

function hasSpec(text: string): boolean {
  return /^app:/m.test(text);
}

async function act(line: string, host: ModelHost, intents: Map<string, Intent>): Promise<void> {
  const [verb = "", subject = "", ...rest] = line.split(" ");
  const text = rest.join(" ");
  const { files, systemd } = host;
  const acts: Record<string, () => unknown> = {
    write: () => files.write(subject, `${text}\n`, { mode: 0o600 }),
    append: async () => files.write(subject, `${await files.read(subject)}${text}\n`, { mode: 0o644 }),
    delete: () => files.removeTree(subject),
    link: () => files.symlink(subject, text),
    stop: () => systemd.stop(unitName(subject)),
    fail: () => Object.assign(systemd.units.get(subject)!, { active: "failed" }),
    reload: () => systemd.reload(),
    "drop-in": () => systemd.dropIns.set(subject, [text]),
    "forget-account": () => host.accounts.users.delete(subject),
    "stopped-by-hand": () =>
      intents.set(subject, { stopped: true, boot: null, who: "ann", why: text, at: "2026-11-20T10:00:00Z" }),
  };
  const known = acts[verb];
  if (!known) throw new Error(`nothing is known of ${line}`);
  await known();
}
