import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../src/host/run.ts";

/** Outside of the checkout, so that later runs need not make it again; remove it to have it made anew. */
const cache = "/var/cache/holdfast-test";

/**
 * What a rehearsal needs of a tree beside systemd: holdfast's Node is linked against libatomic, the stories' programs are Python's, and
 * a virtual machine is entered through sshd.
 */
const packages = ["systemd", "systemd-sysv", "dbus", "iproute2", "libatomic1", "python3", "openssh-server"];

export type DebianTree = { path: string; cannot: null } | { path: null; cannot: string };

/** A tree of another release of Debian, from the mirror that this machine's own apt uses; made once and kept. */
export async function debianTree(release: string): Promise<DebianTree> {
  const cannot = (why: string): DebianTree => {
    console.warn(`STORIES OF DEBIAN ${release} SKIPPED, NOTHING WAS PROVEN\n${why}`);
    return { path: null, cannot: why };
  };
  if (process.geteuid?.() !== 0) return cannot("debootstrap needs root");
  const mark = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 8);
  const path = join(cache, `${release}-${process.arch}-${mark}`);
  if (existsSync(path)) return { path, cannot: null };
  const mirror = await debianMirror();
  if (mirror === null)
    return cannot("apt has no source of Debian's own release on this machine, so there is no mirror to ask");
  mkdirSync(cache, { recursive: true });
  sweep();
  const part = join(cache, `part-${process.pid}`);
  const words = ["--variant=minbase", `--include=${packages.join(",")}`, release, part, mirror.uri];
  const made = await run(["debootstrap", ...words], { timeout: 500_000, env: mirror.proxy }).catch(
    (error: Error) => ({ status: null, stderr: error.message }),
  );
  if (made.status !== 0) {
    // Its own log says more than its last lines, which only name the log.
    const log = join(part, "debootstrap/debootstrap.log");
    const why = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n") : "";
    rmSync(part, { recursive: true, force: true });
    return cannot(`debootstrap failed: ${[made.stderr.trim(), why].join("\n")}`);
  }
  // Packages are of no use any more; who was faster has the place.
  rmSync(join(part, "var/cache/apt/archives"), { recursive: true, force: true });
  if (existsSync(path)) rmSync(part, { recursive: true, force: true });
  else renameSync(part, path);
  return { path, cannot: null };
}

/** Where apt gets this machine's own release from, and through which proxy; null when it is no Debian. */
async function debianMirror(): Promise<{ uri: string; proxy: Record<string, string> } | null> {
  const own = Object.fromEntries(
    readFileSync("/etc/os-release", "utf8")
      .split("\n")
      .map((line) => line.split("=") as [string, string]),
  );
  if (own["ID"] !== "debian") return null;
  const targets = await run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]);
  const found = targets.stdout
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, release, component]) => release === own["VERSION_CODENAME"] && component === "main");
  if (found === undefined) return null;
  const { stdout } = await run(["apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy"]);
  const proxy = stdout.trim();
  return { uri: found[0]!, proxy: proxy === "" ? {} : { http_proxy: proxy } };
}

/** What a killed run has left half done. */
function sweep(): void {
  for (const name of readdirSync(cache).filter((one) => one.startsWith("part-")))
    if (!existsSync(join("/proc", name.slice("part-".length))))
      rmSync(join(cache, name), { recursive: true, force: true });
}
