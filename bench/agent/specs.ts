import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

/** Applies services that cost nothing to run, each with its unit and a heartbeat to watch, and starts them side by side. */
export async function applySleepers(place: Place, app: string, count: number): Promise<void> {
  const watched = "health: [{ beat: { within: 1m } }], heal: { do: alert-only }";
  const names = Array.from({ length: count }, (_, index) => `s${index}`);
  const services = names.map(
    (name) => `  ${name}: { run: /usr/bin/sleep infinity, start: false, ready: { settle: 0s }, ${watched} }`,
  );
  await place.apply(app, `app: ${app}\nuser: daemon\ndirectory: /\nservices:\n${services.join("\n")}\n`);
  // An apply starts one after the other, and waits for each.
  await place.run("systemctl", "start", ...names.map((name) => `${app}-${name}.service`));
}

/** Beats for every service of the host, and is no part of what is measured. */
export async function beatForAll(place: Place): Promise<void> {
  const script = 'while :; do for d in /run/holdfast-beat/*; do : >"$d/beat"; done; sleep 20; done';
  await place.run("systemd-run", "--quiet", "--unit=beats", "sh", "-c", script);
}

/** Services as people have them, with a heartbeat, a log and an answer over HTTP to watch. */
export async function workers(place: Place, app: string, count: number): Promise<string> {
  const program = "/srv/worker.py";
  await place.host.write(program, readFileSync(join(import.meta.dirname, "worker.py"), "utf8"));
  const services = Array.from({ length: count }, (_, index) =>
    [
      `  w${index}:`,
      `    run: /usr/bin/python3 -I ${program} ${18_000 + index}`,
      "    ready: { settle: 0s }",
      "    health:",
      "      - beat: { within: 30s }",
      "      - log: { match: position, fresh: 1m }",
      `      - http: { url: "http://127.0.0.1:${18_000 + index}/health", json: { status: ok } }`,
    ].join("\n"),
  );
  return `app: ${app}\nuser: daemon\ndirectory: /srv\nservices:\n${services.join("\n")}\n`;
}
