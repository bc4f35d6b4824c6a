import type { Host, Properties } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { DeniedCall } from "./denied-call.ts";
import type { FailedCommand } from "./failed-command.ts";
import type { Voice } from "./voice.ts";

/** Something of the host or of the unit that explains a failure, and what to do about it. */
export type Culprit = { what: string; fix: string | null };

/** What culprits are looked for by. */
export type Look = { host: Host; properties: Properties; command: FailedCommand; voice: Voice };

/** "unknown": nobody may read the kernel's messages here; null: they can be read, and name no such call. */
export type FoundCall = DeniedCall | "unknown" | null;

/** All that the explanation of a failure is made of. */
export type FailureFacts = {
  unit: UnitName;
  voice: Voice;
  properties: Properties;
  command: FailedCommand;
  /** The most certain first. */
  culprits: readonly Culprit[];
  /** What systemd said itself before it gave up, nearest to the cause; null when it was not asked, or said nothing. */
  said: string | null;
  call: FoundCall;
};
