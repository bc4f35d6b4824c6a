/**
 * Why a fault cannot begin, in words, or null. All of it can be done again, so that one answer that does not come, as on a machine
 * that is emulated and busy, costs a second attempt, and never the report of all that was done before.
 */
export async function whyNotYet(
  signal: AbortSignal,
  prepare: () => Promise<string | null>,
): Promise<string | null> {
  let last = "";
  for (const _ of ["first", "second"])
    try {
      return await prepare();
    } catch (error) {
      if (signal.aborted) throw error;
      last = (error as Error).message;
    }
  return `the rehearsal itself failed before it: ${last}`;
}
