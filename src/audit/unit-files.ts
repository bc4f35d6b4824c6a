import { dirname } from "node:path";
import { listOf as propertyList, textOf } from "../host/properties.ts";
import { exposuresOf } from "./exposures.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, trustedBy, type Audit, type AuditedApp } from "./facts.ts";
import { word } from "./fixes.ts";
import { walkPath } from "./walk-path.ts";

/** Unit files and drop-ins are as they were applied, and nobody but root may change them. */
export async function auditUnitFiles(audit: Audit, app: AuditedApp): Promise<Found> {
  const artifacts = app.desired.artifacts;
  const dropIns = app.programs.flatMap(({ service, properties }) =>
    propertyList(properties, "DropInPaths").map((path) => ({ path, service: service.name })),
  );
  const others = app.programs.flatMap(({ service, artifact, properties }) => {
    const path = textOf(properties, "FragmentPath");
    return path === "" || path === artifact.path ? [] : [{ path, service: service.name }];
  });
  const found = await Promise.all([
    ...artifacts.map(async (artifact) => {
      // An unapplied spec has no files to have been changed.
      const service = artifact.service ?? null;
      const changed = artifact.shared ? null : await findChange(audit, app, artifact, service);
      return both(changed, await findWriters(audit, app, artifact.path, service));
    }),
    ...dropIns.map(async ({ path, service }) =>
      both(describeDropIn(app, path, service), await findWriters(audit, app, path, service)),
    ),
    ...others.map(async ({ path, service }) =>
      both(describeOther(app, path, service), await findWriters(audit, app, path, service)),
    ),
  ]);
  return together(found);
}

function both(finding: Finding | null, found: Found): Found {
  return finding === null ? found : { ...found, findings: [finding, ...found.findings] };
}

async function findChange(
  audit: Audit,
  app: AuditedApp,
  artifact: { path: string; text: string },
  service: string | null,
): Promise<Finding | null> {
  const { text } = await audit.look.text(artifact.path);
  if (text === null || text === artifact.text) return null;
  return finding(
    "audit/unit-changed",
    "error",
    { app, service, where: artifact.path },
    `${artifact.path} is not what was applied`,
    `holdfast plan shows the lines; holdfast apply writes it again`,
  );
}

function describeDropIn(app: AuditedApp, path: string, service: string): Finding {
  return finding(
    "audit/unit-drop-in",
    "warning",
    { app, service, where: path },
    `${path} changes the unit of ${service} from outside`,
    `write what it says into holdfast.yaml, then: rm ${word(path)} && holdfast apply`,
  );
}

function describeOther(app: AuditedApp, path: string, service: string): Finding {
  return finding(
    "audit/unit-changed",
    "error",
    { app, service, where: path },
    `systemd runs ${service} from ${path}, not from the file that was applied`,
    `rm ${word(path)} && systemctl daemon-reload`,
  );
}

async function findWriters(
  audit: Audit,
  app: AuditedApp,
  path: string,
  service: string | null,
): Promise<Found> {
  const walked = await walkPath(audit.look, path);
  const { trouble } = walked;
  const findings = exposuresOf(audit, walked, path, {
    trusted: trustedBy(audit),
    within: null,
    move: `move the unit out of ${word(dirname(path))}`,
  }).map(({ where, says, fix }) =>
    finding("audit/unit-writable", "critical", { app, service, where }, says, fix),
  );
  const unknown =
    trouble === null ? [] : [{ app: app.app, what: path, why: trouble, fix: "sudo holdfast audit" }];
  return { findings, unknown };
}
