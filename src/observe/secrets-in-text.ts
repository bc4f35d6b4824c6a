import type { Host } from "../host/host.ts";
import type { DesiredSecret, DesiredService } from "../plan/desired.ts";
import { parseEnvFile } from "../spec/env-file.ts";
import { makeRedact, type Hidden } from "../value/redact.ts";
import { Secret } from "../value/secret.ts";

/** Takes values that must not be shown out of a text, and puts their names there. */
export type Mask = (text: string) => string;

/** Shorter values, such as "live" or "8000", are everywhere; hiding them would hide the log. */
const shortestVariable = 8;
const shortestSecret = 4;

/**
 * Finds out what a service's log must not reveal: its secrets, and the values of its environment files. null when some
 * of it cannot be read: then nobody knows what to hide.
 */
export async function readMask(
  host: Host,
  service: Pick<DesiredService, "envFiles" | "optionalEnvFiles" | "secrets">,
): Promise<Mask | null> {
  const hidden = await readHidden(host, service);
  if (hidden === null) return null;
  const redact = makeRedact(hidden, { shapes: false });
  return (text) => redact(text).text;
}

/** The values themselves, with their names; null when some of them cannot be read. */
export async function readHidden(
  host: Host,
  {
    envFiles,
    optionalEnvFiles = [],
    secrets,
  }: Pick<DesiredService, "envFiles" | "optionalEnvFiles" | "secrets">,
): Promise<Hidden[] | null> {
  const hidden: Hidden[] = [];
  for (const path of [...envFiles, ...optionalEnvFiles]) {
    const text = await host.files.read(path);
    if (text === null) continue;
    for (const [name, { value }] of parseEnvFile(text, path).values)
      if (value.length >= shortestVariable) hidden.push({ name, value: new Secret(value) });
  }
  // Each is decrypted by a program of its own.
  const values = await Promise.all(secrets.map((secret) => readSecret(host, secret)));
  for (const [index, value] of values.entries()) {
    if (value === null) return null;
    if (value.reveal().length >= shortestSecret) hidden.push({ name: secrets[index]!.id, value });
  }
  return hidden;
}

async function readSecret(host: Host, { id, source, encrypted }: DesiredSecret): Promise<Secret | null> {
  if (encrypted !== null && (await host.files.stat(encrypted)) !== null) {
    const opened = await host.run(["/usr/bin/systemd-creds", `--name=${id}`, "decrypt", encrypted, "-"]);
    return opened.status === 0 ? new Secret(opened.stdout.trim()) : null;
  }
  const text = await host.files.read(source);
  return text === null ? null : new Secret(text.trim());
}
