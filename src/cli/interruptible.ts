const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs work that is told of interrupts by a signal instead of being ended by them; the second signal is for the second interrupt. */
export async function interruptible<T>(
  work: (first: AbortSignal, second: AbortSignal) => Promise<T>,
): Promise<T> {
  const [first, second] = [new AbortController(), new AbortController()];
  const onSignal = (): void => (first.signal.aborted ? second : first).abort();
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(first.signal, second.signal);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
