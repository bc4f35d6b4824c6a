/** What audits have found, and what was accepted of it; see open-store.ts. `app` is "" for what is of the host. */
export const auditSchema = `
CREATE TABLE IF NOT EXISTS audit_findings (
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  place TEXT NOT NULL,
  subject TEXT NOT NULL,
  service TEXT,
  severity TEXT NOT NULL,
  says TEXT NOT NULL,
  since INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  gone INTEGER,
  accepted_why TEXT,
  accepted_by TEXT,
  accepted_at INTEGER,
  accepted_until INTEGER,
  PRIMARY KEY (app, id, place)
) STRICT, WITHOUT ROWID;
`;
