import { readCommandLines } from "../observe/command-lines.ts";
import { hiddenMark, hideShapes } from "../value/secret-shapes.ts";
import { makeRedact, type Redact } from "../value/redact.ts";
import { together, type Finding, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";
import { isSecretVariable } from "./secret-lines.ts";

const mostProcesses = 64;

/** Secrets in the arguments of running processes, which everybody sees, and in their environment, which goes to every child. */
export async function auditSecretsInProcesses(audit: Audit, app: AuditedApp): Promise<Found> {
  const redact = makeRedact(app.known ?? [], { shapes: false });
  return together(
    await Promise.all(app.programs.map((program) => auditProgram(audit, app, program, redact))),
  );
}

async function auditProgram(
  audit: Audit,
  app: AuditedApp,
  program: AuditedProgram,
  redact: Redact,
): Promise<Found> {
  const { service } = program;
  const pids = program.pids.slice(0, mostProcesses);
  const lines = [...(await readCommandLines(audit.host, pids)).values()];
  // What will be an argument at the next start is one already.
  const declared = program.commands.map(({ argv }) => argv.join("\0"));
  const kinds = new Set([...lines, ...declared].flatMap((line) => secretArguments(line, redact)));
  const findings: Finding[] = [...kinds].map((kind) =>
    finding(
      "audit/secret-in-arguments",
      "error",
      { app, service: service.name, where: `${service.unit} ${kind}` },
      `a command line of ${service.unit} has ${kind}`,
      "have the program read it from a file: name the file in secrets:, and take the argument out of run:; then holdfast apply, and get a new value from whoever gave the old one",
    ),
  );
  const environ = await readEnvironment(audit, app, program);
  return { findings: [...findings, ...environ.findings], unknown: environ.unknown };
}

/** Kinds of secrets in a command line of the kernel; the values stay here. */
export function secretArguments(line: string, redact: Redact): string[] {
  const found = redact(line);
  const own =
    found.count === 0
      ? []
      : [...found.text.matchAll(/\[([\w.-]{1,100})\]/g)].map(([, name]) => `the value of ${name}`);
  const words = hideShapes(found.text).text.split("\0");
  const like = words.flatMap((word, index): string[] => {
    if (!word.includes(hiddenMark)) return [];
    const flag =
      /^(-{0,2}[\w.-]{1,60})=/.exec(word)?.[1] ??
      (word === hiddenMark ? flagBefore(words, index) : undefined);
    const value = valueOf(found.text.split("\0")[index] ?? "");
    if (/^[$/]|^\.{1,2}\/|^(true|false|\d{1,6})$/.test(value) || value.length < 4) return [];
    return [flag === undefined ? "something like a secret" : `a secret after ${flag}`];
  });
  return [...new Set([...own, ...like])];
}

function flagBefore(words: readonly string[], index: number): string | undefined {
  return /^-{1,2}[\w.-]{1,60}$/.exec(words[index - 1] ?? "")?.[0];
}

function valueOf(word: string): string {
  return /^-{0,2}[\w.-]{1,60}=(.*)$/s.exec(word)?.[1] ?? word;
}

async function readEnvironment(
  audit: Audit,
  app: AuditedApp,
  { service, pids }: AuditedProgram,
): Promise<Found> {
  const [pid] = pids;
  if (pid === undefined) return { findings: [], unknown: [] };
  let text: string | null;
  try {
    text = await audit.host.files.read(`/proc/${pid}/environ`);
  } catch {
    const what = `the environment of ${service.unit}`;
    return {
      findings: [],
      unknown: [{ app: app.app, what, why: "this account may not look at it", fix: "sudo holdfast audit" }],
    };
  }
  const credentials = new Set(service.secrets.map(({ id }) => id));
  const secret = (app.known ?? [])
    .filter(({ name }) => credentials.has(name))
    .map(({ value }) => value.reveal());
  const variables = (text ?? "").split("\0").flatMap((entry): [string, string][] => {
    const at = entry.indexOf("=");
    return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
  });
  const leaked = variables.filter(([, value]) =>
    secret.some((one) => one.length >= 8 && value.includes(one)),
  );
  const named = variables.filter((one) => !leaked.includes(one) && isSecretVariable(...one));
  const list = (some: readonly [string, string][]): string => some.map(([name]) => name).join(", ");
  const findings: Finding[] = [];
  if (leaked.length > 0)
    findings.push(
      finding(
        "audit/secret-in-environment",
        "error",
        { app, service: service.name, where: `${service.unit} credential` },
        `the environment of ${service.unit} has a secret of secrets: in ${list(leaked)}`,
        "let the program read it from $CREDENTIALS_DIRECTORY, and take the variable out of its start",
      ),
    );
  if (named.length > 0)
    findings.push(
      finding(
        "audit/secret-in-environment",
        "info",
        { app, service: service.name, where: service.unit },
        `${service.unit} has ${list(named)} in its environment`,
        `put each into a file of its own (mode 0600) and name it in secrets:; the program reads it from $CREDENTIALS_DIRECTORY`,
      ),
    );
  return { findings, unknown: [] };
}
