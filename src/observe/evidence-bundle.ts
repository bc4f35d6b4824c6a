import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Files } from "../host/host.ts";
import type { EvidenceBundle, EvidenceFile, EvidenceManifest } from "../tell/review-facts.ts";
import type { EvidenceText } from "./evidence-texts.ts";

const mostKept = 50;
const manifestName = "manifest.json";
/** A gathering that was killed leaves its directory; none takes so long. */
const stale = 3_600_000;

/** Where the bundles of an application are. */
export function bundlesDirectory(stateDirectory: string, app: string): string {
  return join(stateDirectory, "apps", app, "incidents");
}

type Gathered = Pick<EvidenceManifest, "incident" | "at" | "took" | "missing">;

/**
 * Writes a bundle aside and gives it its name when it is whole, for root alone: NAME, or NAME.2 and so on after the first.
 * The newest fifty of an application are kept.
 */
export async function writeBundle(
  files: Files,
  directory: string,
  texts: readonly EvidenceText[],
  gathered: Gathered,
): Promise<EvidenceBundle> {
  await files.makeDirectory(directory, 0o700);
  const aside = join(directory, `.${gathered.incident}.${randomBytes(6).toString("hex")}`);
  try {
    await files.makeDirectory(aside, 0o700);
    for (const { name, text } of texts) await files.write(join(aside, name), text, { mode: 0o600 });
    const manifest = manifestOf(texts, gathered);
    await files.write(join(aside, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
    const named = await giveName(files, directory, aside, gathered.incident);
    await dropOldest(files, directory, named);
    return { directory: named, manifest };
  } catch (error) {
    await files.removeTree(aside);
    throw error;
  }
}

function manifestOf(
  texts: readonly EvidenceText[],
  { incident, at, took, missing }: Gathered,
): EvidenceManifest {
  const files = texts.map(({ name, text, redactions }): EvidenceFile => ({
    name,
    size: Buffer.byteLength(text),
    sha256: hashOf(text),
    redactions,
  }));
  const redactions = files.reduce((sum, file) => sum + file.redactions, 0);
  const list = { version: 1, incident, at, took, files, redactions, missing } as const;
  return { ...list, sha256: hashOf(JSON.stringify(list)) };
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A rename to a name that somebody else has taken meanwhile fails, because his is not empty. */
async function giveName(files: Files, directory: string, aside: string, incident: string): Promise<string> {
  for (let nth = 1; ; nth += 1) {
    const named = join(directory, nth === 1 ? incident : `${incident}.${nth}`);
    if ((await files.stat(named)) !== null) continue;
    try {
      await files.rename(aside, named);
      return named;
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  }
}

/** The one that was just made stays, whatever the clock says. */
async function dropOldest(files: Files, directory: string, made: string): Promise<void> {
  const found = await Promise.all(
    (await files.list(directory)).map(async (name) => {
      const path = join(directory, name);
      return { name, path, stat: await files.stat(path) };
    }),
  );
  const directories = found.filter(({ stat }) => stat?.kind === "directory");
  const bundles = directories
    .filter(({ name, path }) => name.startsWith("INC-") && path !== made)
    .toSorted((a, b) => b.stat!.modified - a.stat!.modified);
  const left = directories.filter(
    ({ name, stat }) => name.startsWith(".INC-") && stat!.modified < Date.now() - stale,
  );
  for (const { path } of [...bundles.slice(mostKept - 1), ...left]) await files.removeTree(path);
}

/** Bundles of an incident whose manifest can be read, in the order they were gathered. */
export async function listBundles(
  files: Files,
  directory: string,
  incident: string,
): Promise<EvidenceBundle[]> {
  const bundles = await Promise.all(
    (await bundlePaths(files, directory, incident)).map(async (path) => {
      const manifest = await readManifest(files, path).catch(() => null);
      return manifest === null ? [] : [{ directory: path, manifest }];
    }),
  );
  return bundles.flat();
}

/** Where the bundles of an incident are, whatever is in them, in the order they were gathered. */
export async function bundlePaths(files: Files, directory: string, incident: string): Promise<string[]> {
  const names = (await files.list(directory)).filter((name) => numberOf(name, incident) !== null);
  const ordered = names.toSorted((a, b) => numberOf(a, incident)! - numberOf(b, incident)!);
  return ordered.map((name) => join(directory, name));
}

/** NAME is 1, NAME.2 is 2; anything else is none of the incident: null. */
function numberOf(name: string, incident: string): number | null {
  if (name === incident) return 1;
  const nth = name.startsWith(`${incident}.`) ? name.slice(incident.length + 1) : "";
  return /^\d{1,6}$/.test(nth) ? Number(nth) : null;
}

async function readManifest(files: Files, directory: string): Promise<EvidenceManifest | null> {
  const text = await files.read(join(directory, manifestName));
  return text === null ? null : (JSON.parse(text) as EvidenceManifest);
}

export type Verified = { ok: boolean; manifest: EvidenceManifest | null; trouble: readonly string[] };

/** Holds a bundle against its manifest, and the manifest against its own hash; what is not as it was is named. */
export async function verifyEvidence(files: Files, directory: string): Promise<Verified> {
  const failed = (trouble: readonly string[], manifest: EvidenceManifest | null): Verified => ({
    ok: trouble.length === 0,
    manifest,
    trouble,
  });
  let manifest: EvidenceManifest | null;
  try {
    manifest = await readManifest(files, directory);
  } catch (error) {
    return failed([`${manifestName} cannot be read: ${(error as Error).message}`], null);
  }
  if (manifest === null) return failed([`${manifestName} is not there`], null);
  const { sha256, ...list } = manifest;
  const trouble = hashOf(JSON.stringify(list)) === sha256 ? [] : [`${manifestName} was changed`];
  const known = new Set([manifestName, ...manifest.files.map(({ name }) => name)]);
  for (const file of manifest.files) trouble.push(...(await compare(files, directory, file)));
  for (const name of await files.list(directory))
    if (!known.has(name)) trouble.push(`${name} was not gathered with it`);
  return failed(trouble, manifest);
}

async function compare(
  files: Files,
  directory: string,
  { name, size, sha256 }: EvidenceFile,
): Promise<string[]> {
  // A name with a path in it was never written by us.
  if (name.includes("/")) return [`${name} is no name of ours`];
  const text = await files.read(join(directory, name)).catch(() => null);
  if (text === null) return [`${name} cannot be read`];
  return Buffer.byteLength(text) === size && hashOf(text) === sha256 ? [] : [`${name} was changed`];
}
