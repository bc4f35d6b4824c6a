import { basename } from "node:path";
import { bundlePaths, bundlesDirectory, verifyEvidence } from "../observe/evidence-bundle.ts";
import { gatherEvidence } from "../observe/gather-evidence.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { EvidenceManifest } from "../tell/review-facts.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { chooseIncident } from "./choose-incident.ts";
import { sourcesOf } from "./incident-facts.ts";
import type { Session } from "./session.ts";

/** holdfast incident evidence: writes down what is to be seen now, or holds what was written down against its hashes. */
export async function runIncidentEvidence(
  session: Session,
  name: string,
  options: { verify?: boolean } = {},
): Promise<number> {
  if (options.verify) return verify(session, name);
  await session.assertMayChange("gather evidence", `incident evidence ${name}`);
  const record = session.writableRecord();
  const incident = chooseIncident(session, name);
  const sources = await sourcesOf(session, record, incident.app);
  const { directory, manifest } = await gatherEvidence(sources, incident, session.who);
  session.out.result({ incident: incident.name, directory, manifest }, describeBundle(directory, manifest));
  return exitCode.done;
}

function describeBundle(
  directory: string,
  { files, redactions, missing, took, sha256 }: EvidenceManifest,
): string {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return [
    `${directory}: ${files.length} files, ${Math.ceil(bytes / 1024)} KiB, in ${describeDuration(took)}`,
    `  ${redactions} ${redactions === 1 ? "thing" : "things"} hidden; SHA-256 of the list ${sha256}`,
    ...Object.entries(missing).map(([part, why]) => `  missing: ${part}: ${printable(why)}`),
  ].join("\n");
}

async function verify(session: Session, name: string): Promise<number> {
  const incident = chooseIncident(session, name);
  const { files } = await session.host();
  const { incidents } = session.record()!.teller.store;
  const events = incidents.timeline(incident.id).filter(({ kind }) => kind === "evidence");
  const paths = await bundlePaths(
    files,
    bundlesDirectory(session.stateDirectory, incident.app),
    incident.name,
  );
  if (paths.length === 0)
    throw new HoldfastError({
      severity: "error",
      code: "incident/no-evidence",
      summary: `Cannot find evidence of ${incident.name}`,
      fix: `sudo holdfast incident evidence ${incident.name}`,
    });
  const bundles = await Promise.all(
    paths.map(async (directory) => {
      const { manifest, trouble } = await verifyEvidence(files, directory);
      // Whoever can write the files can write their manifest; the record is another place.
      const known = manifest !== null && events.some(({ says }) => says.endsWith(manifest.sha256));
      const all = known || manifest === null ? trouble : [...trouble, "its list is not the one on record"];
      return { directory, ok: all.length === 0, trouble: all };
    }),
  );
  session.out.result(
    { incident: incident.name, bundles },
    bundles
      .map(
        ({ directory, ok, trouble }) =>
          `${basename(directory)}: ${ok ? "as it was gathered" : trouble.map(printable).join("; ")}`,
      )
      .join("\n"),
  );
  return bundles.every(({ ok }) => ok) ? exitCode.done : exitCode.failed;
}
