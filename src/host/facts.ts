/** What is at a path, links followed. */
export type PathFact = {
  kind: "file" | "directory" | "other";
  /** Permission bits only. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
};

/**
 * What rules may ask about the host that the units are for. Answers are remembered for one run. Rules that need it are
 * skipped when there is none, as when a folder of a repository is linted.
 */
export interface HostFacts {
  /** null when nothing is there, or it may not be seen. */
  path(path: string): PathFact | null;
  /** The first bytes of a file (256 at most) as Latin-1; null when it cannot be read. */
  head(path: string): string | null;
  /** A whole small file (1 MiB at most); null when it cannot be read. */
  text(path: string): string | null;
  user(name: string): { uid: number; gid: number; home: string } | null;
  group(name: string): { gid: number } | null;
  /** Whether a user's manager is started at boot (loginctl enable-linger). */
  lingers(user: string): boolean;
  /** The user whose units are linted, in user scope. */
  readonly account: string;
  /** IANA name of the host's zone, such as "Europe/Berlin"; "UTC" when it is not set. */
  readonly zone: string;
  /** "multi-user.target" or what default.target points to; null when unknown. */
  readonly defaultTarget: string | null;
  /** Whether systemd would find a unit of this name, in any place, generated ones included. */
  hasUnit(name: string): boolean;
}
