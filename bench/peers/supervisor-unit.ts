import type { Bench } from "./bench.ts";

/** Starts a supervisor as a service of the host, as its own package would. */
export async function startedAs(
  bench: Bench,
  name: string,
  argv: readonly string[],
  options: { properties?: readonly string[]; environment?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await bench.run(
    "systemd-run",
    "--quiet",
    `--unit=${name}.service`,
    ...(options.properties ?? []).map((property) => `--property=${property}`),
    ...Object.entries(options.environment ?? {}).map(([key, value]) => `--setenv=${key}=${value}`),
    "--",
    ...argv,
  );
}

/** The main process of a service. */
export async function unitPid(bench: Bench, name: string): Promise<number> {
  return Number(await bench.run("systemctl", "show", "--property=MainPID", "--value", `${name}.service`));
}
