import type { UnitName } from "../../value/unit-name.ts";
import type { Level } from "./log-level.ts";

/** A service whose lines are wanted. */
export type LogSource = {
  app: string;
  service: string;
  unit: UnitName;
  /** The unit of whoever watches: its lines are of the services that they name. */
  watches?: true;
};

/** One line of an application's log. */
export type LogLine = {
  /** Microseconds since the epoch. */
  time: number;
  app: string;
  service: string;
  unit: UnitName;
  /** checks: what whoever watches says about it. */
  from: "unit" | "systemd" | "checks";
  identifier: string | null;
  /** One run of the service, from start to stop. */
  invocation: string | null;
  pid: number | null;
  priority: number;
  level: Level;
  /** As written: not yet safe to print. */
  message: string;
};
