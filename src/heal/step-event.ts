import type { CheckRule } from "../compile/watch-rule.ts";
import type { WatchEvent } from "./watch-event.ts";

/** An event of a service, before whoever records it says of which. */
export type StepEvent = Omit<WatchEvent, "app" | "service">;

/** "beat of bot", or "broker, on which bot depends,". */
export function describeCheck(service: string, { id, dependency }: CheckRule): string {
  return dependency === null ? `${id} of ${service}` : `${dependency}, on which ${service} depends,`;
}
