import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What emulates a processor takes longest: it begins first, so that at the end nobody waits for it alone. Then stories, then the rest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      /\/rehearse-(vm|upgrade)\.test\.ts$/.test(moduleId) ? 0 : moduleId.includes("/test/story/") ? 1 : 2;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

// Stories mostly wait for systemd: three at a time keep two cores busy. Measured: 25 min, and 35 with two.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/global-setup.ts",
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Only what hangs takes so long: a busy machine is slow, not broken.
    testTimeout: 240_000,
    hookTimeout: 600_000,
    reporters: ["default"],
  },
});
