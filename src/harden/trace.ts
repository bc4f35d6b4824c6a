/** What a program was seen to do, from what strace(1) wrote of it. */
export type TraceFacts = {
  /** How often each call was made, of those that were watched. */
  calls: ReadonlyMap<string, number>;
  /** Families of sockets that were made, such as AF_INET. */
  families: readonly string[];
  /** Addresses of other machines that it wanted to reach, such as "192.0.2.1:443". */
  reached: readonly string[];
  /** Addresses it listened on that other machines can reach, such as "0.0.0.0:8080". */
  listened: readonly string[];
  /** Files and directories that it made, wrote, renamed or removed. */
  written: readonly string[];
  /** Files that it ran, or mapped as code. */
  ran: readonly string[];
  /** The call by which it made memory executable that it had written, or null. */
  writesCode: string | null;
};

/** Calls that must be watched for the facts; unknown names (?) are passed over by strace. */
export const watchedCalls: readonly string[] = [
  "open",
  "openat",
  "openat2",
  "creat",
  "mkdir",
  "mkdirat",
  "mknod",
  "mknodat",
  "rename",
  "renameat",
  "renameat2",
  "unlink",
  "unlinkat",
  "rmdir",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "truncate",
  "chmod",
  "fchmodat",
  "execve",
  "execveat",
  "socket",
  "socketpair",
  "bind",
  "connect",
  "sendto",
  "sendmsg",
  "mmap",
  "mprotect",
  "pkey_mprotect",
];

/** Reads the output of strace -f -y. Lines that cannot be understood are passed over. */
export function readTrace(text: string): TraceFacts {
  const calls = new Map<string, number>();
  const families = new Set<string>();
  const reached = new Set<string>();
  const listened = new Set<string>();
  const written = new Set<string>();
  const ran = new Set<string>();
  let writesCode: string | null = null;
  for (const { name, args, result } of callsIn(text)) {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    const failed = result.startsWith("-1");
    if (name === "socket" || name === "socketpair") families.add(/^(AF_\w+|PF_\w+)/.exec(args)?.[1] ?? "?");
    else if (name === "bind") addAddress(listened, args, isLoopback);
    else if (name === "connect" || name === "sendto" || name === "sendmsg")
      addAddress(reached, args, isLoopback);
    else if (name === "mprotect" || name === "pkey_mprotect" || name === "mmap") {
      const code = args.includes("PROT_EXEC");
      if (code && (name !== "mmap" || args.includes("PROT_WRITE")) && writesCode === null)
        writesCode = `${name}(${/PROT_[A-Z_|]+/.exec(args)?.[0] ?? ""})`;
      const file = code ? /\d+<(\/[^>]*)>/.exec(args)?.[1] : undefined;
      if (file !== undefined && !failed) ran.add(file);
    } else if (name === "execve" || name === "execveat") {
      const file = pathsOf(args)[0];
      if (file !== undefined && !failed) ran.add(file);
    } else if (!failed && writes(name, args)) {
      for (const path of pathsOf(args)) written.add(path);
    }
  }
  return {
    calls,
    families: [...families].toSorted(),
    reached: [...reached].toSorted(),
    listened: [...listened].toSorted(),
    written: [...written].toSorted(),
    ran: [...ran].toSorted(),
    writesCode,
  };
}

type Call = { name: string; args: string; result: string };

/** A call that another process interrupted stands on two lines. */
function* callsIn(text: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, pid = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (unfinished) {
      begun.set(pid, unfinished[1]!);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed ? (begun.get(pid) ?? "") + resumed[1]! : rest;
    if (resumed) begun.delete(pid);
    const [, name, args, result] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(whole) ?? [];
    if (name !== undefined) yield { name, args: args!, result: result! };
  }
}

function writes(name: string, args: string): boolean {
  if (["open", "openat", "openat2"].includes(name)) return /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(args);
  return watchedCalls.includes(name) && !name.startsWith("send");
}

/** The paths of a call: texts, behind the directory they are relative to when there is one. */
function pathsOf(args: string): string[] {
  const found = [...args.matchAll(/(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"(?!\.\.\.)/g)];
  return found.flatMap(([, directory, text]) => {
    const path = text!.replace(/\\(.)/g, "$1");
    if (path.startsWith("/")) return [path];
    return directory?.startsWith("/") ? [`${directory}/${path}`.replace(/\/\.\//g, "/")] : [];
  });
}

function addAddress(to: Set<string>, args: string, isOwn: (address: string) => boolean): void {
  // A lookup of a name goes to this machine and from there to others.
  if (args.includes('sun_path="/run/systemd/resolve/')) to.add("name lookups");
  const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1];
  const address = /(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"/.exec(args)?.[1];
  if (port === undefined || address === undefined) return;
  if (isOwn(address) && port !== "53") return;
  to.add(address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`);
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1$|^::ffff:127\./.test(address);
}
