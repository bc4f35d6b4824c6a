import type { Told } from "../outcome.ts";
import type { Spec } from "../../spec/spec.ts";
import { worstOf } from "../../value/severity.ts";
import type { Stage } from "../stage.ts";

/** Longer than it takes on a busy machine: only what is never told is waited for to the end. */
const usual = 30_000;

/** What people were told since a moment, once that is anything; nothing when it takes too long. */
export async function waitTold(
  stage: Stage,
  app: string,
  since: number,
  isIt: (told: Told) => boolean = () => true,
  patience = usual,
): Promise<Told[]> {
  const deadline = performance.now() + patience * stage.pace.slowness;
  while (performance.now() < deadline) {
    const told = (await stage.told(app, since)).filter(isIt);
    if (told.length > 0) return told;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return [];
}

/** "told as error to admin, pager"; where the spec names nobody, it is on record, and that is said. */
export function describeTold(told: readonly Told[], { notify }: Pick<Spec, "notify">): string {
  const severity = worstOf(told.map((one) => one.severity)) ?? "info";
  if (notify === undefined) return `on record as ${severity}, and told nobody: the spec has no notify`;
  const to = [...new Set(told.flatMap((one) => one.to))];
  return `told as ${severity}${to.length === 0 ? "" : ` to ${to.join(", ")}`}`;
}
