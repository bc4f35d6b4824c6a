/** Runs of jobs, pauses and overrides; see open-store.ts. */
export const runsSchema = `
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  job TEXT NOT NULL,
  slot TEXT,
  trading_day TEXT NOT NULL,
  trigger TEXT NOT NULL,
  result TEXT NOT NULL,
  reason TEXT NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  exit_code TEXT,
  exit_status TEXT,
  invocation TEXT,
  boot TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_day ON runs (app, trading_day, job);
CREATE INDEX IF NOT EXISTS runs_by_job ON runs (app, job, id);
-- One copy runs: whatever a gate decided, two running rows of one job cannot both be written.
CREATE UNIQUE INDEX IF NOT EXISTS runs_one_running ON runs (app, job) WHERE result = 'running';
CREATE TABLE IF NOT EXISTS pauses (
  app TEXT NOT NULL,
  job TEXT NOT NULL,
  until TEXT,
  who TEXT NOT NULL,
  why TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (app, job)
) STRICT;
CREATE TABLE IF NOT EXISTS overrides (
  app TEXT NOT NULL,
  job TEXT NOT NULL,
  who TEXT NOT NULL,
  why TEXT NOT NULL,
  expires TEXT NOT NULL,
  PRIMARY KEY (app, job)
) STRICT;
`;
