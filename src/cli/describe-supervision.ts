import type { Supervision } from "../compile/watch-rule.ts";

/** What a level of supervision sees, and what it costs. */
export const supervisionWords: Readonly<Record<Supervision, string>> = {
  systemd: "systemd alone: restarts what ends, sees no freeze; nothing of Holdfast runs",
  probes: "a timer: sees a failure within a minute of its limit; nothing resident",
  agent: "the agent: sees a failure at its limit; one small process for the whole host",
};
