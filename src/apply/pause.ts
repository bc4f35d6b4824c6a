import { HoldfastError } from "../report/diagnostic.ts";

/** Waits between two looks at a state; an interrupt ends it at once. */
export async function pause(millis: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await unlessInterrupted(new Promise<void>((resolve) => (timer = setTimeout(resolve, millis))), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** An interrupt ends the waiting, not the work: taking back what was begun deals with that. */
export function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupted = () => reject(interruptedError());
    if (signal.aborted) interrupted();
    signal.addEventListener("abort", interrupted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", interrupted));
  });
}

export function interruptedError(): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "apply/interrupted",
    summary: "Interrupted by a signal",
    fix: "run the command again when the time is right",
  });
}
