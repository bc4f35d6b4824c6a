import type { Spec } from "../spec/spec.ts";
import { ownershipMarker, type Artifact, type Directive } from "./artifact.ts";
import { channelSecrets } from "./channel-settings.ts";
import { describeRule } from "./describe-rule.ts";
import { describeTelling } from "./describe-tell.ts";
import { makeTell } from "./make-tell.ts";
import { notifyPath, notifyService, notifyTimer } from "./names.ts";
import { addOwnSandbox } from "./own-sandbox.ts";
import { encryptedCredentialPath } from "./program-files.ts";
import { quoteCredential, quoteExecCommand, quotePath, quotePlain } from "./quote.ts";
import { unitArtifact } from "./support-files.ts";
import type { Target } from "./target.ts";
import { UnitBuilder } from "./unit-builder.ts";
import type { Diagnostic } from "../report/diagnostic.ts";

/** In credential paths, where services have their own names. */
export const notifierName = "notify";

/** When the notifier looks without being woken: what is due later than within an hour waits for this. */
const hourly = "*:00:00 UTC";

/** Who is told, and the units that tell: a notifier that runs while there is something to say, and what starts it. */
export function compileTell(
  spec: Spec,
  target: Target,
): { artifacts: Artifact[]; diagnostics: readonly Diagnostic[] } {
  const tell = makeTell(spec, target);
  if (tell === null) return { artifacts: [], diagnostics: [] };
  const service = compileNotifier(spec, target);
  const directives: Directive[] = [
    ...tell.channels.flatMap(({ name, settings, ...rest }) => {
      const because = { at: spec.placeOf(["notify", "channels", name], "key") };
      return describeRule({ ...settings, ...rest }).map(([key, value]) => ({
        section: name,
        key: `${name}.${key}`,
        value,
        because,
      }));
    }),
    ...describeTelling(tell),
  ];
  return {
    artifacts: [
      {
        kind: "tell",
        path: `${target.settingsDirectory}/holdfast/tell/${spec.app}.json`,
        mode: 0o600,
        text: `${ownershipMarker(spec.app)}\n${JSON.stringify(tell, null, 1)}\n`,
        directives,
      },
      unitArtifact(spec, target, notifyService(spec.app), service, ["Unit", "Service"]),
      ...compileStarters(spec, target),
    ],
    diagnostics: service.diagnostics,
  };
}

function compileNotifier(spec: Spec, target: Target): UnitBuilder {
  const unit = new UnitBuilder(spec, target);
  const rule = "notify";
  const user = target.scope === "user";
  unit.add("Unit", "Description", quotePlain(`Tell people about incidents of ${spec.app}`), rule);
  if (!user) unit.add("Unit", "After", "network.target", "it sends over the network");
  unit.add("Unit", "StartLimitIntervalSec", "0", "whoever tells must not give up");
  unit.add("Service", "Type", "exec", rule);
  const words = [target.holdfast, ...(user ? ["--user"] : []), "notifier", spec.app];
  unit.add("Service", "ExecStart", quoteExecCommand(words), rule);
  unit.add("Service", "Restart", "on-failure", "what was not told is told by the next one");
  unit.add("Service", "RestartSec", "5s", "a fault that lasts must not load the host");
  unit.add("Service", "TimeoutStopSec", "15s", "what is being sent ends within 10 s");
  unit.add("Service", "MemoryMax", "256M", "a fault of ours must not take the host with it");
  unit.add("Service", "TasksMax", "64", "as above");
  unit.add("Service", "OOMScoreAdjust", "-500", "it should tell what the kernel kills");
  if (!user) addOwnSandbox(unit, "the notifier is shut in, too");
  for (const { id, source, channel, kind, key } of channelSecrets(spec)) {
    const cause = ["notify", "channels", channel, kind, key];
    if (unit.systemd < 247) {
      unit.refuse(
        "target/no-credentials",
        `Cannot give the notifier the secret of channel "${channel}": credentials need systemd 247, this host has ${unit.systemd}`,
        cause,
        "use a newer host, or a channel without a secret",
      );
      return unit;
    }
    if (target.encryptsCredentials && !user)
      unit.add(
        "Service",
        "LoadCredentialEncrypted",
        quoteCredential(id, encryptedCredentialPath(spec, notifierName, id)),
        cause,
      );
    else unit.add("Service", "LoadCredential", quoteCredential(id, source), cause);
  }
  return unit;
}

function compileStarters(spec: Spec, target: Target): Artifact[] {
  const boot = target.scope === "user" ? "default.target" : "multi-user.target";
  const path = new UnitBuilder(spec, target);
  path.add("Unit", "Description", quotePlain(`When there is something to tell about ${spec.app}`), "notify");
  path.add(
    "Path",
    "PathExists",
    quotePath(`${target.stateDirectory}/wake/${spec.app}`),
    "whoever has something to tell makes this file, in the same transaction",
  );
  path.add("Path", "Unit", notifyService(spec.app), "the notifier");
  path.add("Install", "WantedBy", boot, "it starts at boot");

  const timer = new UnitBuilder(spec, target);
  timer.add("Unit", "Description", quotePlain(`When the notifier of ${spec.app} looks by itself`), "notify");
  timer.add("Timer", "OnCalendar", hourly, "reminders, digests and ends of quiet hours that are far off");
  timer.add("Timer", "OnActiveSec", "1min", "after a boot, what was not told is told");
  timer.add(
    "Timer",
    "Unit",
    notifyService(spec.app),
    "the timer names its unit; a dependency would start it at boot",
  );
  timer.add("Timer", "AccuracySec", "1s", "what is due on the hour is told on the hour");
  timer.add("Install", "WantedBy", "timers.target", "timers start at boot when enabled");
  return [
    unitArtifact(spec, target, notifyPath(spec.app), path, ["Unit", "Path", "Install"]),
    unitArtifact(spec, target, notifyTimer(spec.app), timer, ["Unit", "Timer", "Install"]),
  ];
}
