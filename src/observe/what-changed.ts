import type { Host } from "../host/host.ts";
import type { Change } from "../store/changes.ts";
import type { Changed } from "../tell/review-facts.ts";

const hour = 3_600_000;

export type ChangedOptions = {
  /** Of the application, as they are on record. */
  changes: readonly Change[];
  before: number;
  /** How far back, in milliseconds. */
  window?: number;
};

/**
 * What changed on the host within a time before a moment, oldest first: changes of the application, packages, reboots. What
 * cannot be found out is in the list as that.
 */
export async function whatChanged(host: Host, options: ChangedOptions): Promise<Changed[]> {
  const { changes, before } = options;
  const since = before - (options.window ?? hour);
  const [packages, boots] = await Promise.all([
    orUnknown("packages", before, () => readPackages(host, since, before)),
    orUnknown("reboots", before, () => readBoots(host, since, before)),
  ]);
  const own = changes.flatMap((change) => ofChange(change, since, before));
  return [...own, ...packages, ...boots].toSorted((a, b) => a.at - b.at);
}

async function orUnknown(what: string, at: number, read: () => Promise<Changed[]>): Promise<Changed[]> {
  try {
    return await read();
  } catch (error) {
    return [{ at, kind: "unknown", says: `${what}: could not be found out: ${(error as Error).message}` }];
  }
}

/** One that was under way counts by its end, too: it may have failed only then. */
function ofChange(
  { started, finished, purpose, from, to, who, outcome }: Change,
  since: number,
  before: number,
): Changed[] {
  const begun = Date.parse(started);
  const ended = finished === null ? before : Date.parse(finished);
  if (begun > before || ended < since) return [];
  const reached = to === null ? "" : ` generation ${to}`;
  const left = from === null ? "" : `, from ${from}`;
  const says = `${purpose}${reached}${left}, by ${who}: ${outcome ?? "not finished"}`;
  return [{ at: begun, kind: "change", says }];
}

/** dpkg's own log (dpkg(1)); one that is not there is of a host without dpkg, or without changes lately. */
const packageLogs = ["/var/log/dpkg.log.1", "/var/log/dpkg.log"];
const packageLine = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) (upgrade|install|remove) (\S+) (\S+) (\S+)$/;

async function readPackages(host: Host, since: number, before: number): Promise<Changed[]> {
  const texts = await Promise.all(packageLogs.map((path) => host.files.read(path)));
  return texts.flatMap((text) =>
    (text ?? "").split("\n").flatMap((line) => ofPackageLine(line, since, before)),
  );
}

/** dpkg writes local time, of the host's zone. */
function ofPackageLine(line: string, since: number, before: number): Changed[] {
  const match = packageLine.exec(line);
  if (match === null) return [];
  const [year, month, day, ...time] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = new Date(year, month - 1, day, ...time).getTime();
  if (at < since || at > before) return [];
  const [verb, name, from, to] = match.slice(7);
  const versions = [from, to].filter((version) => version !== "<none>");
  return [{ at, kind: "package", says: `${verb} ${name} ${[...new Set(versions)].join(" to ")}` }];
}

/**
 * As the journal has them, also of boots before this one; a journal that is not kept has this one alone, and the kernel
 * tells since when it is up.
 */
async function readBoots(host: Host, since: number, before: number): Promise<Changed[]> {
  const { stdout } = await host.run(
    ["/usr/bin/journalctl", "--list-boots", "--utc", "--no-pager", "--output=json"],
    { timeout: 2000 },
  );
  const kernel = /^btime (\d+)$/m.exec((await host.files.read("/proc/stat")) ?? "")?.[1];
  const listed = bootTimes(stdout);
  // The journal begins some seconds before or after what the kernel reckons: the same boot is not told twice.
  const own = kernel === undefined ? [] : [Number(kernel) * 1000];
  const earlier = listed.filter((at) => own.every((boot) => at < boot - 60_000));
  return [...earlier, ...own]
    .filter((at) => at >= since && at <= before)
    .map((at) => ({ at, kind: "boot", says: "the host booted" }));
}

/** JSON from systemd 254 on; before that a table, whose times are in UTC because they were asked for so. */
function bootTimes(text: string): number[] {
  try {
    const boots = JSON.parse(text) as readonly { first_entry: number }[];
    return boots.map((boot) => boot.first_entry / 1000);
  } catch {
    const line = /^ *-?\d+ [0-9a-f]{32} \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/gm;
    return [...text.matchAll(line)].map(([, day, time]) => Date.parse(`${day}T${time}Z`));
  }
}
