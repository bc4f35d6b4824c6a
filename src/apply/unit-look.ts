import type { Host } from "../host/host.ts";
import { invocationOf, numberOf, textOf } from "../host/properties.ts";
import { isRunning } from "../plan/host-state.ts";
import type { UnitName } from "../value/unit-name.ts";

/** A glance at a unit: which run of it there is, if any. */
export type UnitLook = {
  active: string;
  sub: string;
  up: boolean;
  /** 0 when it has no main process. */
  pid: number;
  /** "" when it has never run. */
  invocation: string;
  controlGroup: string;
};

export async function readUnit({ systemd }: Pick<Host, "systemd">, unit: UnitName): Promise<UnitLook> {
  const names = ["ActiveState", "SubState", "MainPID", "InvocationID", "ControlGroup"];
  const found = await systemd.properties(unit, names);
  const active = textOf(found, "ActiveState");
  return {
    active,
    sub: textOf(found, "SubState"),
    up: isRunning(active),
    pid: numberOf(found, "MainPID"),
    invocation: invocationOf(found),
    controlGroup: textOf(found, "ControlGroup"),
  };
}
