// Boots a throwaway host with the options in JSON, runs shell commands there, says as JSON what came of it, and ends.
import { bootThrowawayHost } from "../../src/host/throwaway/throwaway.ts";
import type { ThrowawayOptions } from "../../src/host/throwaway/options.ts";
import { HoldfastError } from "../../src/report/diagnostic.ts";

const began = performance.now();
const say = (what: object): void =>
  console.log(JSON.stringify({ ...what, millis: Math.round(performance.now() - began) }));
try {
  await using host = await bootThrowawayHost(JSON.parse(process.argv[2] ?? "{}") as ThrowawayOptions);
  const found: string[] = [];
  for (const command of process.argv.slice(3)) {
    const { stdout, stderr } = await host.run(["sh", "-c", command]);
    found.push(stdout + stderr);
  }
  say({ state: host.state, lacks: host.lacks, found });
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  say({ diagnostics: error.diagnostics });
}
