import { listOf, textOf } from "../host/properties.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";
import { isSecretVariable, makeFindSecrets, type FindSecrets } from "./secret-lines.ts";

/** Secrets in unit files and drop-ins: every account of the host may read those, and systemctl show says the same. */
export async function auditSecretsInUnits(audit: Audit, app: AuditedApp): Promise<Found> {
  const find = makeFindSecrets(app.known ?? []);
  return together(await Promise.all(app.programs.map((program) => auditUnit(audit, app, program, find))));
}

async function auditUnit(
  audit: Audit,
  app: AuditedApp,
  program: AuditedProgram,
  find: FindSecrets,
): Promise<Found> {
  const { properties, artifact, service } = program;
  const fragment = textOf(properties, "FragmentPath") || artifact.path;
  const paths = [fragment, ...listOf(properties, "DropInPaths")];
  const found = await Promise.all(
    paths.map(async (path): Promise<Found> => {
      const { text, trouble } = await audit.look.text(path);
      // Not applied yet: then what would be written.
      const content = text ?? (path === artifact.path && trouble === null ? artifact.text : null);
      if (content === null)
        return {
          findings: [],
          unknown: [
            {
              app: app.app,
              what: `secrets in ${path}`,
              why: trouble ?? "it is gone",
              fix: "sudo holdfast audit",
            },
          ],
        };
      const findings = secretsInUnit(content, find).map(({ directive, kind }) =>
        describe(app, service.name, path, directive, kind),
      );
      return { findings, unknown: [] };
    }),
  );
  return together(found);
}

function describe(app: AuditedApp, service: string, path: string, directive: string, kind: string): Finding {
  return finding(
    "audit/secret-in-unit",
    "error",
    { app, service, where: `${path} ${directive}` },
    `${path} has ${kind} in ${directive}`,
    fixFor(directive),
  );
}

function fixFor(directive: string): string {
  const name = /^Environment=(.+)/.exec(directive)?.[1];
  if (name !== undefined)
    return `take ${name} out of env.set, put the value into a file of its own (mode 0600), and name that in secrets: { ${name}: FILE }, or in env.file; then holdfast apply, and get a new value from whoever gave the old one`;
  return "put the value into a file of its own (mode 0600), name that in secrets:, and let the program read it from $CREDENTIALS_DIRECTORY; then holdfast apply, and get a new value from whoever gave the old one";
}

/** What is secret in the text of a unit: the directive, with the name of the variable or credential, and the kind in words. */
export function secretsInUnit(text: string, find: FindSecrets): { directive: string; kind: string }[] {
  return logicalLines(text).flatMap((line) => {
    const [, key = "", value = ""] = /^\s*([A-Za-z]\w*)\s*=(.*)$/s.exec(line) ?? [];
    if (key === "SetCredential") {
      const [, id = "", content = ""] = /^\s*([^:]+):(.*)$/s.exec(value) ?? [];
      return content.trim() === ""
        ? []
        : [{ directive: `SetCredential ${id}`, kind: "the content of a credential" }];
    }
    const own = find(line)[0];
    if (key !== "Environment")
      return own === undefined ? [] : [{ directive: key === "" ? "a comment" : `${key}=`, kind: own.kind }];
    const named = assignments(value).filter(
      ([name, content]) => isSecretVariable(name, content) || find(`${name}=${content}`).length > 0,
    );
    return named.map(([name]) => ({ directive: `Environment=${name}`, kind: "a secret value" }));
  });
}

/** A backslash at the end goes on in the next line (systemd.syntax(7)). */
function logicalLines(text: string): string[] {
  return text.replaceAll(/\\\r?\n/g, " ").split(/\r?\n/);
}

/** NAME=value words; quotes hold a word together. */
export function assignments(value: string): [string, string][] {
  const words = value.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S+/gs) ?? [];
  return words.flatMap((word): [string, string][] => {
    const bare = /^(["']).*\1$/s.test(word) ? word.slice(1, -1) : word;
    const [, name, content = ""] = /^([A-Za-z_]\w*)=(.*)$/s.exec(bare) ?? [];
    return name === undefined ? [] : [[name, content]];
  });
}
