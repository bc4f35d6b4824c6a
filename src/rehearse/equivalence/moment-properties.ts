/**
 * Properties that tell of one run, one load or one moment, and not of what a unit is (org.freedesktop.systemd1(5)). They may
 * differ between two loads of the same file, so they are no part of a comparison.
 */
const exact: ReadonlySet<string> = new Set([
  // Of one run.
  "ActivationDetails",
  "ActiveState",
  "CPUUsageNSec",
  "CleanResult",
  "ControlGroup",
  "ControlGroupId",
  "ControlPID",
  "CanLiveMount",
  "EffectiveCPUs",
  "EffectiveMemoryHigh",
  "EffectiveMemoryMax",
  "EffectiveMemoryNodes",
  "EffectiveTasksMax",
  "ExecMainCode",
  "ExecMainPID",
  "ExecMainStatus",
  "ExtraFileDescriptorNames",
  "FreezerState",
  "GID",
  "InvocationID",
  "Job",
  "MainPID",
  "MainPIDId",
  "LiveMountResult",
  "MemoryAvailable",
  "MemoryCurrent",
  "MemoryPeak",
  "MemorySwapCurrent",
  "MemorySwapPeak",
  "MemoryZSwapCurrent",
  "NFileDescriptorStore",
  "NRestarts",
  "ReloadResult",
  "Result",
  "RestartUSecNext",
  "StatusErrno",
  "StatusText",
  "StatusBusError",
  "StatusVarlinkError",
  "SubState",
  "TasksCurrent",
  "UID",
  // systemd sets it from the latest start; what is written is seen in the text.
  "ConditionResult",
  "AssertResult",
  // Of one load.
  "DebugInvocation",
  "Markers",
  "NeedDaemonReload",
  "Refs",
  "Transient",
  // Of the clock.
  "LastTriggerUSec",
  "LastTriggerUSecMonotonic",
  "NextElapseUSecMonotonic",
  "NextElapseUSecRealtime",
]);

const shaped = /Timestamp(Monotonic)?$|^IP(In|E)gress(Bytes|Packets)$|^IO(Read|Write)(Bytes|Operations)$/;

/** Whether a property tells of a moment rather than of the unit. */
export function isOfOneMoment(property: string): boolean {
  return exact.has(property) || shaped.test(property);
}
