import { until } from "../../src/host/throwaway/until.ts";

/** For a peer that keeps no record of freezes: it knows of one once it gives the app another state than before. */
export async function untilStateIsNot(
  healthy: string,
  state: () => Promise<string>,
  options: { patience: number; interval: number },
): Promise<number | null> {
  const changed = await until(
    async () => (await state()) !== healthy && { at: Date.now() },
    options.patience,
    options.interval,
  );
  return changed?.at ?? null;
}
