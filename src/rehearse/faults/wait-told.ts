import type { Told } from "../outcome.ts";
import type { Stage } from "../stage.ts";

const patience = 10_000;

/** What people were told since a moment, once that is anything; nothing when it takes too long. */
export async function waitTold(
  stage: Stage,
  app: string,
  since: number,
  isIt: (told: Told) => boolean = () => true,
): Promise<Told[]> {
  const deadline = performance.now() + patience;
  while (performance.now() < deadline) {
    const told = (await stage.told(app, since)).filter(isIt);
    if (told.length > 0) return told;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return [];
}
