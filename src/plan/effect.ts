import type { Directive } from "../compile/artifact.ts";
import type { Effect } from "./plan.ts";
import type { DirectiveChange } from "./directive-change.ts";

/** systemd applies these to a running service at daemon-reload (systemd.resource-control(5); measured on 252). */
const live = new Set([
  "MemoryMax",
  "MemoryHigh",
  "MemorySwapMax",
  "CPUQuota",
  "CPUWeight",
  "IOWeight",
  "TasksMax",
  "IPAddressDeny",
  "IPAddressAllow",
  "MemoryMin",
  "MemoryLow",
  "MemoryLimit",
  "MemoryZSwapMax",
  "CPUShares",
  "CPUQuotaPeriodSec",
  "StartupCPUWeight",
  "StartupIOWeight",
  "IODeviceWeight",
  "IOReadBandwidthMax",
  "IOWriteBandwidthMax",
  "IOReadIOPSMax",
  "IOWriteIOPSMax",
  "AllowedCPUs",
  "AllowedMemoryNodes",
]);

/** systemd looks at these only when it next decides something, so reloading its configuration is enough. */
const atNextDecision = new Set([
  "Description",
  "Documentation",
  "AssertPathExists",
  "After",
  "Wants",
  "Requires",
  "OnFailure",
  "StartLimitIntervalSec",
  "StartLimitBurst",
  "Restart",
  "RestartSec",
  "RestartMaxDelaySec",
  "RestartSteps",
  "RestartMode",
  "RestartForceExitStatus",
  "RestartPreventExitStatus",
  "SuccessExitStatus",
  "TimeoutStartSec",
  "TimeoutStopSec",
  "KillSignal",
  "KillMode",
  "ExecReload",
  "ExecStopPost",
  "ExecStartPre",
  "WantedBy",
  "Before",
  "Requisite",
  "BindsTo",
  "PartOf",
  "Upholds",
  "Conflicts",
  "OnSuccess",
  "OnFailureJobMode",
  "PropagatesReloadTo",
  "ReloadPropagatedFrom",
  "PropagatesStopTo",
  "StopPropagatedFrom",
  "RequiresMountsFor",
  "StartLimitAction",
  "StartLimitInterval",
  "SuccessAction",
  "FailureAction",
  "JobTimeoutSec",
  "JobRunningTimeoutSec",
  "JobTimeoutAction",
  "CollectMode",
  "SourcePath",
  "DefaultDependencies",
  "IgnoreOnIsolate",
  "StopWhenUnneeded",
  "RefuseManualStart",
  "RefuseManualStop",
  "AllowIsolate",
  "ExecCondition",
  "ExecStop",
  "ExecStartPost",
  "FinalKillSignal",
  "RestartKillSignal",
  "SendSIGHUP",
  "SendSIGKILL",
  "TimeoutSec",
  "TimeoutAbortSec",
  "TimeoutStartFailureMode",
  "TimeoutStopFailureMode",
  "RequiredBy",
  "UpheldBy",
  "Alias",
  "Also",
  "DefaultInstance",
]);

/** Conditions and assertions are looked at when a unit starts. */
const looksAtStart = /^(Condition|Assert)[A-Z]/;

/** What differs between two lists of directives. Repeated keys are compared as one ordered list. */
export function diffDirectives(before: readonly Directive[], after: readonly Directive[]): DirectiveChange[] {
  const old = grouped(before);
  const fresh = grouped(after);
  const changes: DirectiveChange[] = [];
  for (const id of new Set([...old.keys(), ...fresh.keys()])) {
    const [was, is] = [old.get(id), fresh.get(id)];
    if (was?.value === is?.value) continue;
    const { section, key } = (is ?? was)!;
    const change: DirectiveChange = { section, key, before: was?.value ?? null, after: is?.value ?? null };
    changes.push(is ? { ...change, because: is.because } : change);
  }
  return changes;
}

function grouped(directives: readonly Directive[]): Map<string, Directive> {
  const groups = new Map<string, Directive>();
  for (const d of directives) {
    const id = `${d.section}.${d.key}`;
    const known = groups.get(id);
    groups.set(id, known ? { ...known, value: `${known.value}\n${d.value}` } : d);
  }
  return groups;
}

/** The least that makes the changes effective on a running service. */
export function effectOf(changes: readonly DirectiveChange[]): Effect {
  if (changes.length === 0) return "none";
  if (changes.every(({ key }) => live.has(key))) return "live";
  if (changes.every(({ key }) => live.has(key) || atNextDecision.has(key) || looksAtStart.test(key)))
    return "reload";
  return "restart";
}
