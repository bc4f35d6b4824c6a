import { test } from "vitest";
import { assertMachineCanEmulate } from "../../src/host/throwaway/vm/machine.ts";
import { story, type World } from "./story.ts";

/** What is missing here for a virtual machine; a CI has to have it all. */
const missing = ((): string | null => {
  try {
    assertMachineCanEmulate("/");
    return null;
  } catch (error) {
    return (error as Error).message;
  }
})();

/** Are stories of virtual machines left out here? */
export const withoutMachine = missing !== null && process.env["CI"] !== "true";
if (withoutMachine) console.warn(`STORIES SKIPPED, NOTHING WAS PROVEN\n${missing}`);

/** A story that is left out where there is no emulator, and fails in a CI without one. */
export function machineStory(title: string, covers: string, body: (world: World) => Promise<void>): void {
  if (withoutMachine) return test.skip(title);
  story(title, { covers, timeout: 20 * 60_000 }, body);
}
