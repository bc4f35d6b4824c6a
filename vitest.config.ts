import { defineConfig } from "vitest/config";

// One worker: stories share booted hosts, and two cores are all a small machine has.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/global-setup.ts",
    maxWorkers: 2,
    // Only what hangs takes so long: a busy machine is slow, not broken.
    testTimeout: 240_000,
    hookTimeout: 600_000,
    reporters: ["default"],
  },
});
