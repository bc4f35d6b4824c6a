/** What rehearsals and drills have shown, and of what, the drill that is under way, and the verdicts of probations; see open-store.ts. */
export const rehearsalSchema = `
CREATE TABLE IF NOT EXISTS rehearsals (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  kind TEXT NOT NULL,
  environment TEXT,
  spec TEXT NOT NULL,
  artifacts TEXT,
  systemd TEXT NOT NULL,
  at INTEGER NOT NULL,
  verdicts TEXT NOT NULL,
  report TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS rehearsals_by_app ON rehearsals (app, id);
CREATE TABLE IF NOT EXISTS open_drills (
  app TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  faults TEXT NOT NULL,
  services TEXT NOT NULL,
  before TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS probations (
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  since INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  reasons TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (app, service)
) STRICT, WITHOUT ROWID;
`;
