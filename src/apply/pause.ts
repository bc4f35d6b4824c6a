import { HoldfastError } from "../report/diagnostic.ts";

/** Waits between two looks at a state; an interrupt ends it at once. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const interrupted = () => {
      clearTimeout(timer);
      reject(interruptedError());
    };
    if (signal.aborted) return interrupted();
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", interrupted);
      resolve();
    }, millis);
    signal.addEventListener("abort", interrupted, { once: true });
  });
}

export function interruptedError(): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "apply/interrupted",
    summary: "Interrupted by a signal",
  });
}
