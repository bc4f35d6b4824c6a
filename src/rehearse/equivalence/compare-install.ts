import type { Artifact } from "../../compile/artifact.ts";
import type { Settings } from "../../unit/settings.ts";
import type { PropertyChange } from "./compare-properties.ts";

/** Directives of [Install] (systemd.unit(5)). PID 1 does not read them, so no property shows them. */
const keys = ["WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also", "DefaultInstance"];

/** Compares what says how a unit is enabled, by its text. */
export function compareInstall(
  original: Settings,
  compiled: Artifact | undefined,
): { compared: number; changes: PropertyChange[] } {
  const changes = keys.flatMap((key): PropertyChange[] => {
    const before = words(original.all("Install", key).map(({ value }) => value));
    const after = words(
      (compiled?.directives ?? []).flatMap((one) =>
        one.section === "Install" && one.key === key ? [one.value] : [],
      ),
    );
    const added = after.filter((word) => !before.includes(word));
    const removed = before.filter((word) => !after.includes(word));
    return added.length + removed.length === 0 ? [] : [{ property: key, before, after, added, removed }];
  });
  return { compared: keys.length, changes };
}

function words(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(/\s+/)).filter((word) => word !== "");
}
