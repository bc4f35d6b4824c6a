/** Where systemd makes the directories of a unit, by directive. */
export const directoryRoots: Readonly<Record<string, string>> = {
  RuntimeDirectory: "/run",
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
  ConfigurationDirectory: "/etc",
};

/** The paths that an assignment makes; none when it is another directive. What follows ":" is only a link to it. */
export function ownDirectories(key: string, value: string): string[] {
  const root = directoryRoots[key];
  return root === undefined ? [] : value.split(/\s+/).map((name) => `${root}/${name.replace(/:.*$/, "")}`);
}
