import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ThrowawayOptions } from "../../src/host/throwaway/options.ts";
import type { Diagnostic } from "../../src/report/diagnostic.ts";
import { checkout, sharedHost, story } from "./story.ts";

// File systems that a machine may have and a throwaway host cannot make: each in a mount namespace of its own, so that nothing of it is
// left on this machine.

sharedHost();

/** Mounts a FUSE file system whose program never answers, and then runs what it was given. */
const silent = `
import ctypes, os, subprocess, sys
device = os.open("/dev/fuse", os.O_RDWR)
data = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
if ctypes.CDLL(None).mount(b"nobody", sys.argv[1].encode(), b"fuse.silent", 0, data.encode()): sys.exit("no FUSE")
sys.exit(subprocess.run(sys.argv[2:]).returncode)
`;

type Answer = {
  state?: string;
  lacks?: string[];
  found?: string[];
  diagnostics?: Diagnostic[];
  millis: number;
};

/** Mounts, below a directory, a file system on a loop device and an overlay on an overlay, and then runs what it was given. */
const several = `
set -eu
at=$1; shift
mount -t tmpfs none "$at"; cd "$at"
truncate --size=64M image; mkfs.ext4 -q image; mkdir disk; mount -o loop,noexec image disk
mkdir disk/data "disk/with, blank:"; echo text > disk/data/file
mount --bind disk/data "disk/with, blank:"
mkdir one two; mkdir one/upper one/work one/all two/upper two/work all; echo deep > one/upper/file
mount -t overlay -o lowerdir=disk/data,upperdir=one/upper,workdir=one/work none one/all
mount -t overlay -o lowerdir=one/all,upperdir=two/upper,workdir=two/work none all
exec "$@"
`;

async function bootBeside(
  mount: readonly string[],
  options: ThrowawayOptions,
  ...looks: string[]
): Promise<Answer> {
  const once = [
    process.execPath,
    join(import.meta.dirname, "boot-once.ts"),
    JSON.stringify(options),
    ...looks,
  ];
  const child = spawn("unshare", ["--mount", "--propagation", "private", ...mount, ...once], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(said) as Answer;
}

story(
  "a file system that does not answer is left out, or named when it is needed: nothing hangs",
  {},
  async () => {
    if (!existsSync("/dev/fuse")) return console.warn("no /dev/fuse: a file system that hangs was not tried");
    const point = mkdtempSync(join("/var/tmp", "silent-"));
    try {
      const left = await bootBeside(["python3", "-c", silent, point], {
        visible: [checkout],
        timeout: 120_000,
      });
      expect(left.state, JSON.stringify(left)).toBe("running");
      expect(left.lacks).toContain(`${point} (fuse.silent) is not shown: it is not on this machine`);
      for (const options of [{ needs: [`${point}/data`] }, { visible: [`${point}/app`] }]) {
        const { diagnostics } = await bootBeside(["python3", "-c", silent, point], options);
        expect(diagnostics).toMatchObject([{ code: "throwaway/dead-file-system" }]);
        expect(diagnostics?.[0]?.summary).toContain(point);
        expect(diagnostics?.[0]?.detail).toContain("gave no sign of life in 3 s");
      }
    } finally {
      rmSync(point, { recursive: true });
    }
  },
);

story("disks, odd names, and a file system that no overlay works on are all shown", {}, async () => {
  const point = mkdtempSync(join("/var/tmp", "several-"));
  try {
    const { found, lacks, diagnostics } = await bootBeside(
      ["sh", "-c", several, "several", point],
      { visible: [checkout], timeout: 120_000 },
      `cat ${point}/disk/data/file "${point}/disk/with, blank:/file" ${point}/all/file`,
      `echo new > "${point}/disk/with, blank:/new" && cat "${point}/disk/with, blank:/new"`,
      `cp /bin/true ${point}/disk/true && ${point}/disk/true`,
      `echo new > ${point}/all/new`,
    );
    expect(found, JSON.stringify(diagnostics)).toMatchObject([
      "text\ntext\ndeep\n",
      "new\n",
      expect.stringContaining("Permission denied"),
      expect.stringContaining("Read-only file system"),
    ]);
    expect(lacks).toContain(`${point}/all cannot be written there: no overlay works on it`);
  } finally {
    rmSync(point, { recursive: true });
  }
});
