import { spawnSync } from "node:child_process";

/**
 * What an ordinary user can have: namespaces, and an overlay in them (Linux 5.11). Then a file of root is to be changed there, as every
 * boot and every apply has to. Says each step before it does it.
 */
const trial = `
set -eu
step() { echo "$1" >&3; }
step "mount a file system in memory"
mount -t tmpfs none /tmp
mkdir /tmp/upper /tmp/work /tmp/root
step "mount an overlay over /etc"
mount -t overlay -o lowerdir=/etc,upperdir=/tmp/upper,workdir=/tmp/work,userxattr none /tmp/root
step "change /etc/passwd on the copy, which belongs to root of the machine, and to nobody in a user namespace"
: >> /tmp/root/passwd
`;

/** Really tries how far a throwaway host comes without root, and says where it ended; null when nothing was in the way. */
export function tryUserNamespace(): string | null {
  const unshare = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--net", "--ipc", "--uts"];
  const { status, output, error } = spawnSync("unshare", [...unshare, "sh", "-c", trial], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: 10_000,
    cwd: "/",
  });
  if (status === 0) return null;
  const step = output?.[3]?.trim().split("\n").at(-1) || "make a user namespace";
  const said = error?.message ?? output?.[2]?.trim().split("\n")[0] ?? "";
  return `tried in a user namespace, which is all that an ordinary user can have: it could not ${step} (${said})`;
}
