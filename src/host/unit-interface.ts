import type { UnitName } from "../value/unit-name.ts";

/** The D-Bus interface of a unit's own type, such as "org.freedesktop.systemd1.Service". */
export function typeInterface(unit: UnitName): string {
  const suffix = unit.slice(unit.lastIndexOf(".") + 1);
  return `org.freedesktop.systemd1.${suffix.charAt(0).toUpperCase()}${suffix.slice(1)}`;
}

export const unitInterface = "org.freedesktop.systemd1.Unit";

export function isUnitProperty(name: string): boolean {
  return unitProperties.has(name);
}

/** What every unit has, of systemd 252 to 257 (org.freedesktop.systemd1(5), "Unit Objects"); the rest is of its type. */
const unitProperties: ReadonlySet<string> = new Set(
  `AccessSELinuxContext ActivationDetails ActiveEnterTimestamp ActiveEnterTimestampMonotonic ActiveExitTimestamp
  ActiveExitTimestampMonotonic ActiveState After AllowIsolate AssertResult AssertTimestamp AssertTimestampMonotonic
  Asserts Before BindsTo BoundBy CanClean CanFreeze CanIsolate CanLiveMount CanReload CanStart CanStop CollectMode
  ConditionResult ConditionTimestamp ConditionTimestampMonotonic Conditions ConflictedBy Conflicts ConsistsOf
  DebugInvocation DefaultDependencies Description Documentation DropInPaths FailureAction FailureActionExitStatus
  Following FragmentPath FreezerState Id IgnoreOnIsolate InactiveEnterTimestamp InactiveEnterTimestampMonotonic
  InactiveExitTimestamp InactiveExitTimestampMonotonic InvocationID Job JobRunningTimeoutUSec JobTimeoutAction
  JobTimeoutRebootArgument JobTimeoutUSec JoinsNamespaceOf LoadError LoadState Markers Names NeedDaemonReload OnFailure
  OnFailureJobMode OnFailureOf OnSuccess OnSuccessJobMode OnSuccessOf PartOf Perpetual PropagatesReloadTo
  PropagatesStopTo RebootArgument Refs RefuseManualStart RefuseManualStop ReloadPropagatedFrom RequiredBy Requires
  RequiresMountsFor Requisite RequisiteOf SliceOf SourcePath StartLimitAction StartLimitBurst StartLimitIntervalUSec
  StateChangeTimestamp StateChangeTimestampMonotonic StopPropagatedFrom StopWhenUnneeded SubState SuccessAction
  SuccessActionExitStatus SurviveFinalKillSignal Transient TriggeredBy Triggers UnitFilePreset UnitFileState UpheldBy
  Upholds WantedBy Wants WantsMountsFor`.split(/\s+/),
);
