import type { World } from "./story.ts";

export const directory = "/opt/demo";

/**
 * A program of a few lines that does what a story asks of it, by the variable MODE. It outlives its last words: journald
 * reads them some time after they were written.
 */
const program = `#!/bin/sh
echo "demo \${MODE} starts"
case "\${MODE}" in
  *exits-late*) sleep 4; echo "cannot reach the exchange"; sleep 1; exit 3;;
  *exits-at-once*) echo "no such option"; sleep 1; exit 4;;
  *slow-to-stop*) trap 'while ! [ -e /run/may-stop ]; do sleep 0.1; done; exit 0' TERM;;
esac
while :; do sleep 1000 & wait $!; done
`;

export type DemoSpec = {
  mode?: string;
  /** Of the service web, in YAML. */
  web?: string;
  /** Further services, in YAML. */
  others?: string;
};

export function demoSpec({
  mode = "one",
  web = "ready: { settle: 0s }",
  others = "",
}: DemoSpec = {}): string {
  return `app: demo
user: demo
directory: ${directory}
services:
  web:
    run: ./serve
    runtime: shell
    hardening: basic
    env: { file: .env, require: [TOKEN], set: { MODE: ${mode} } }
    ${web}
${others}`;
}

export async function placeProgram({ host }: World): Promise<void> {
  await host.write(`${directory}/serve`, program, 0o755);
  await host.write(`${directory}/.env`, "TOKEN=swordfish-9\n", 0o600);
}

export async function writeSpec({ host }: World, spec: DemoSpec = {}): Promise<void> {
  await host.write(`${directory}/holdfast.yaml`, demoSpec(spec));
}

/** Applied, running, and nothing left to do. Returns its generation. */
export async function isInstalled(world: World, spec: DemoSpec = {}): Promise<number> {
  await writeSpec(world, spec);
  await world.holdfast("apply", { directory }).succeeds();
  await world.unit("demo-web.service").is("active/running");
  return generationOf(world);
}

export async function generationOf({ holdfast }: World): Promise<number> {
  const { services } = (await holdfast("status --json").succeeds()).json() as {
    services: { generation: number }[];
  };
  return services[0]!.generation;
}
