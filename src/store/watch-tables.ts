/** Results, heals, breakers and restarts; see open-store.ts. */
export const watchSchema = `
CREATE TABLE IF NOT EXISTS check_states (
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  check_id TEXT NOT NULL,
  verdict TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (app, service, check_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heals (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  unit TEXT NOT NULL,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  cause TEXT NOT NULL,
  check_id TEXT,
  why TEXT NOT NULL,
  counts INTEGER NOT NULL,
  step TEXT,
  pid_before INTEGER,
  invocation_before TEXT,
  alongside TEXT,
  pid_after INTEGER,
  evidence TEXT,
  ready_at INTEGER,
  finished INTEGER,
  outcome TEXT,
  detail TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS heals_by_service ON heals (app, service, at);
CREATE INDEX IF NOT EXISTS heals_open ON heals (finished) WHERE finished IS NULL;
CREATE TABLE IF NOT EXISTS breakers (
  unit TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  why TEXT,
  rearm_at INTEGER,
  trips INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  app TEXT NOT NULL,
  service TEXT,
  kind TEXT NOT NULL,
  check_id TEXT,
  says TEXT NOT NULL,
  data TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_service ON events (app, service, id);
CREATE TABLE IF NOT EXISTS unit_marks (
  unit TEXT PRIMARY KEY,
  invocation TEXT NOT NULL,
  restarts INTEGER NOT NULL,
  boot TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS watchers (
  name TEXT PRIMARY KEY,
  boot TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL,
  last_tick INTEGER NOT NULL,
  stopped INTEGER
) STRICT;
`;
