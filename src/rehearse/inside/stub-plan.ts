/** What stands where the outside world would be, as the throwaway host is told. */
export type StubPlan = { hosts: string; stubs: readonly StubRule[]; addresses: readonly string[] };

export type StubRule = {
  name: string;
  kind: "http" | "https" | "tcp";
  /** The name that is made resolvable; null for what is called by its address. */
  host: string | null;
  address: string;
  port: number;
  answers: readonly StubAnswer[];
  greeting: string | null;
  /** In PEM; only for https. */
  certificate: StubCertificate | null;
  expired: StubCertificate | null;
};

type StubCertificate = { certificate: string; key: string };

export type StubAnswer = {
  method: string | null;
  path: string;
  status: number;
  headers: Readonly<Record<string, string>>;
  /** In base64: a recorded body need not be text. */
  body: string;
};

/** How an upstream is at the moment: as it should be, or broken in one way. */
export const stubModes = [
  "ok",
  "down",
  "slow",
  "hang",
  "500",
  "429",
  "garbage",
  "expired",
  "no-name",
] as const;
export type StubMode = (typeof stubModes)[number];

/** A request that a stand-in got, or for plain TCP a connection. */
export type Asked = {
  at: number;
  name: string;
  /** Which unit's process it was; null when that was gone before anybody could see. */
  unit: string | null;
  what: string;
  /** What was answered: a status, "answered" for TCP, or the mode in which nothing was. */
  answer: string;
  /** Whether an answer of the spec fitted. */
  declared: boolean;
};

/** What the stand-ins are asked for over their socket; one JSON object each way. */
export type StubCommand =
  | { set: { name: string; mode: StubMode } }
  /** The latest requests since a moment. */
  | { asked: { since: number } };

export const stubSocket = "/run/holdfast-upstreams.sock";
export const stubPlanFile = "/var/lib/holdfast-rehearsal/upstreams.json";
/** Every request, one JSON object a line; it outlives a reboot. */
export const stubRecord = "/var/lib/holdfast-rehearsal/asked.jsonl";
