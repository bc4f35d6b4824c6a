import { processesIn, removeCgroups } from "./cgroups.ts";
import { type Place, abandonedPlaces, recordedCgroups, removePlace } from "./place.ts";
import { until } from "./until.ts";

/** Removes what killed owners left behind and says the names; hosts of living owners are never touched. */
export async function sweepThrowawayHosts(): Promise<string[]> {
  const swept: string[] = [];
  for (const place of abandonedPlaces()) {
    await clearPlace(place);
    swept.push(place.name);
  }
  return swept;
}

/** Ends what still runs in the control groups of a place, then removes the groups and the directory. */
export async function clearPlace(place: Place): Promise<void> {
  const cgroups = recordedCgroups(place);
  await until(() => {
    const left = processesIn(cgroups);
    for (const pid of left) kill(pid);
    return left.length === 0;
  }, 5000);
  const stuck = await removeCgroups(cgroups);
  // Kept for the next sweep, which finds the groups by the record in the directory.
  if (stuck.length === 0) removePlace(place);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
