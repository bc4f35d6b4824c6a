/** Alerts, incidents, the outbox and what holds messages back; see open-store.ts. */
export const tellSchema = `
CREATE TABLE IF NOT EXISTS incidents (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  dedup_key TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  service TEXT,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  opened INTEGER NOT NULL,
  opened_by TEXT NOT NULL,
  state TEXT NOT NULL,
  flapping INTEGER NOT NULL DEFAULT 0,
  acked_at INTEGER,
  acked_by TEXT,
  ack_until INTEGER,
  resolved INTEGER,
  resolved_by TEXT,
  outcome TEXT,
  policy TEXT NOT NULL,
  step INTEGER NOT NULL DEFAULT 0,
  told_at INTEGER,
  repeats INTEGER NOT NULL DEFAULT 0,
  due INTEGER,
  due_why TEXT,
  exhausted INTEGER NOT NULL DEFAULT 0,
  respond_by INTEGER,
  late INTEGER NOT NULL DEFAULT 0,
  resolve_by INTEGER,
  remind_at INTEGER,
  calm_at INTEGER,
  evidence TEXT,
  reviewed INTEGER,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS incidents_by_app ON incidents (app, id);
CREATE INDEX IF NOT EXISTS incidents_unresolved ON incidents (app, service) WHERE state <> 'resolved';
CREATE TABLE IF NOT EXISTS alerts (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  app TEXT NOT NULL,
  service TEXT,
  severity TEXT NOT NULL,
  says TEXT NOT NULL,
  opened INTEGER NOT NULL,
  cleared INTEGER,
  incident INTEGER REFERENCES incidents (id),
  held_until INTEGER,
  held_why TEXT
) STRICT;
-- One open alert for a key, whoever raises it.
CREATE UNIQUE INDEX IF NOT EXISTS alerts_open ON alerts (key) WHERE cleared IS NULL;
CREATE INDEX IF NOT EXISTS alerts_by_key ON alerts (key, opened);
CREATE INDEX IF NOT EXISTS alerts_by_incident ON alerts (incident);
CREATE TABLE IF NOT EXISTS incident_events (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incidents (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  who TEXT NOT NULL,
  says TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS incident_events_by_incident ON incident_events (incident, id);
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  incident INTEGER REFERENCES incidents (id),
  target TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  lines TEXT NOT NULL,
  service TEXT,
  at INTEGER NOT NULL,
  silent INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt INTEGER NOT NULL,
  lease_until INTEGER,
  ambiguous INTEGER NOT NULL DEFAULT 0,
  first_error TEXT,
  last_error TEXT,
  provider_id TEXT,
  created INTEGER NOT NULL,
  sent INTEGER,
  expires INTEGER NOT NULL,
  why TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (app, target, id) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS outbox_by_incident ON outbox (incident, target, id);
CREATE INDEX IF NOT EXISTS outbox_counted ON outbox (app, target, sent) WHERE status = 'sent' AND severity <> 'critical';
CREATE TABLE IF NOT EXISTS targets (
  app TEXT NOT NULL,
  target TEXT NOT NULL,
  last_success INTEGER,
  failing_since INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  retry_at INTEGER,
  tested_at INTEGER,
  broken_why TEXT,
  PRIMARY KEY (app, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS silences (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  service TEXT,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  until_resolved INTEGER NOT NULL DEFAULT 0,
  why TEXT NOT NULL,
  who TEXT NOT NULL,
  ended INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS silences_in_force ON silences (app) WHERE ended IS NULL;
CREATE TABLE IF NOT EXISTS duties (
  incident INTEGER NOT NULL REFERENCES incidents (id),
  number INTEGER NOT NULL,
  level TEXT,
  says TEXT NOT NULL,
  done INTEGER,
  who TEXT,
  PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reviews (
  incident INTEGER PRIMARY KEY REFERENCES incidents (id),
  answers TEXT NOT NULL,
  next_review INTEGER,
  reminded INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS review_actions (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incidents (id),
  says TEXT NOT NULL,
  owner TEXT NOT NULL,
  due INTEGER NOT NULL,
  done INTEGER,
  done_by TEXT,
  reminded INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS tell_marks (
  app TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;
`;
