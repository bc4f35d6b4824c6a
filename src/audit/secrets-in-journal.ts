import { readJournal } from "../host/journal.ts";
import { journalOf } from "../observe/masked-log.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import { together, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp } from "./facts.ts";
import { makeFindSecrets, type FindSecrets } from "./secret-lines.ts";

const mostLines = 5000;
const patience = 5000;

/** What services have lately written into the journal: the newest lines of each, for as long as it is worth waiting. */
export async function auditSecretsInJournal(audit: Audit, app: AuditedApp): Promise<Found> {
  const find = makeFindSecrets(app.known ?? []);
  return together(
    await Promise.all(
      app.programs.map(({ service }) => auditUnit(audit, app, service.name, service.unit, find)),
    ),
  );
}

async function auditUnit(
  audit: Audit,
  app: AuditedApp,
  service: string,
  unit: UnitName,
  find: FindSecrets,
): Promise<Found> {
  const reader = readJournal({ ...journalOf(audit.host, app.app, [unit]), lines: mostLines })[
    Symbol.asyncIterator
  ]();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void reader.return?.().catch(() => {});
  }, patience);
  const kinds = new Map<string, { count: number; known: boolean; last: number }>();
  try {
    for (;;) {
      const { done, value } = await reader.next();
      if (done) break;
      if (value.from !== "unit") continue;
      const [found] = find(value.message);
      if (found === undefined) continue;
      const known = kinds.get(found.kind);
      kinds.set(found.kind, { count: (known?.count ?? 0) + 1, known: found.known, last: value.time });
    }
  } catch (error) {
    const why = error instanceof HoldfastError ? error.message : "it cannot be read";
    return {
      findings: [],
      unknown: [{ app: app.app, what: `the journal of ${unit}`, why, fix: "sudo holdfast audit" }],
    };
  } finally {
    clearTimeout(timer);
  }
  const findings = [...kinds].map(([kind, { count, known, last }]) =>
    finding(
      "audit/secret-in-journal",
      known ? "error" : "warning",
      { app, service, where: `journal of ${unit}: ${kind}` },
      `${unit} wrote ${kind} into the journal, ${count === 1 ? "once" : `${count} times`}, last at ${new Date(last / 1000).toISOString()}`,
      `keep the program from printing it, get a new value from whoever gave it, then: ${forget(audit, app)}`,
    ),
  );
  const unknown = late
    ? [
        {
          app: app.app,
          what: `older lines of the journal of ${unit}`,
          why: "reading took longer than 5 s",
          fix: null,
        },
      ]
    : [];
  return { findings, unknown };
}

function forget({ scope }: Audit, { app }: AuditedApp): string {
  const which = scope === "system" ? `--namespace=${app} ` : "";
  return `journalctl ${which}--rotate && journalctl ${which}--vacuum-time=1s`;
}
