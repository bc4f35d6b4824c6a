/** Finds out one thing. The signal says that nobody waits any more. */
export type Part = (signal: AbortSignal) => Promise<unknown>;

/**
 * Finds out several things at once and waits at most so long (milliseconds) for all of them. What has failed or was too
 * late is named with the reason; it goes on in the background, unheard.
 */
export async function boundedParts(
  parts: Readonly<Record<string, Part>>,
  most: number,
): Promise<{ found: Record<string, unknown>; missing: Record<string, string> }> {
  const found: Record<string, unknown> = {};
  const missing: Record<string, string> = {};
  const over = new AbortController();
  let open = true;
  const all = Object.entries(parts).map(async ([name, part]) => {
    try {
      const value = await part(over.signal);
      if (open) found[name] = value;
    } catch (error) {
      if (open) missing[name] = (error as Error).message;
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, most)));
  await Promise.race([Promise.all(all), late]);
  clearTimeout(timer);
  open = false;
  over.abort();
  for (const name of Object.keys(parts))
    if (!(name in found) && !(name in missing)) missing[name] = `it took longer than ${most / 1000} s`;
  return { found, missing };
}
