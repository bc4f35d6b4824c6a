import type { Artifact, Directive } from "../compile/artifact.ts";
import { formatIni } from "../compile/artifact.ts";
import { quoteEnvironment } from "../compile/quote.ts";
import type { Host } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import { directivesFor, quoteArguments, quoteCommandLine, runtimeUnitFile } from "./runtime-unit.ts";
import { terminalKind } from "./streams.ts";

const header = ["# Written by Holdfast for one run in the foreground; removed after it."];
const rule = "run in the foreground";
const [inUnit, inService] = [directivesFor("Unit", rule), directivesFor("Service", rule)];

/** Of the service's own unit, all but when it is started again and where its streams lead. */
function isKept({ section, key }: Directive): boolean {
  if (section === "Unit") return ["Wants", "Requires", "After"].includes(key);
  return section === "Service" && !/^(Restart|Standard)/.test(key);
}

/** The unit of a service with other streams, further arguments, and a life bound to the keeper's. */
export function foregroundUnit(
  artifact: Artifact,
  options: {
    keeper: UnitName;
    extraArguments: readonly string[];
    streams: Readonly<Record<string, string>>;
  },
): string {
  const service = artifact.unit!;
  const more = quoteArguments(options.extraArguments);
  const kept = artifact.directives
    .filter(isKept)
    .map((d) => (d.key === "ExecStart" ? { ...d, value: [d.value, ...more].join(" ") } : d));
  return formatIni(
    header,
    ["Unit", "Service"],
    [
      inUnit("Description", `${service} in the foreground`),
      inUnit("BindsTo", options.keeper),
      inUnit("After", options.keeper),
      // Whoever starts the service ends this copy, and with an order between them the two never overlap.
      inUnit("Conflicts", service),
      inUnit("After", service),
      inUnit("StartLimitIntervalSec", "0"),
      inUnit("CollectMode", "inactive-or-failed"),
      ...kept,
      ...terminalLines(artifact.directives),
      ...Object.entries(options.streams).map(([key, value]) => inService(key, value)),
    ],
  );
}

/** What the shell would have told the program about the terminal. */
function terminalLines(directives: readonly Directive[]): Directive[] {
  const kind = terminalKind();
  if (kind === null || directives.some((d) => d.key === "Environment" && /^"?TERM=/.test(d.value))) return [];
  const quoted = quoteEnvironment("TERM", kind);
  return quoted.ok ? [inService("Environment", quoted.text)] : [];
}

/**
 * A unit that lives as long as the process that holds the other end of a FIFO, and cleans up after it. While it
 * lives, systemd also keeps in mind how the unit it is ordered before has ended.
 */
export function keeperUnit(
  host: Host,
  { keeper, unit, directory, alive }: { keeper: UnitName; unit: UnitName; directory: string; alive: string },
): string {
  const files = [directory, runtimeUnitFile(host, unit), runtimeUnitFile(host, keeper)];
  return formatIni(
    header,
    ["Unit", "Service"],
    [
      inUnit("Description", `Ends ${unit} when nobody watches it`),
      inUnit("Before", unit),
      inUnit("CollectMode", "inactive-or-failed"),
      inService("Type", "exec"),
      // Not as its StandardInput=: the clean-up would open that too, and wait for a writer for ever.
      inService("ExecStart", quoteCommandLine(["/usr/bin/cat", alive])),
      inService("ExecStopPost", quoteCommandLine(["/usr/bin/rm", "-rf", ...files])),
    ],
  );
}
