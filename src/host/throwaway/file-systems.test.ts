import { expect, test } from "vitest";
import { localSubmounts, pathsToBind, planFileSystems, readMounts } from "./file-systems.ts";

const mounts = readMounts(
  [
    "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "25 24 0:22 / /proc rw,nosuid shared:2 - proc proc rw",
    "26 24 0:23 / /tmp rw shared:3 - tmpfs tmpfs rw",
    "27 24 254:1 / /usr rw shared:4 - ext4 /dev/vdb rw",
    "29 24 0:40 / /mnt rw shared:6 - nfs4 server:/export rw",
    "30 26 254:2 / /tmp/disk rw shared:7 - xfs /dev/vdc rw",
    "31 24 0:41 / /srv rw shared:8 - tmpfs tmpfs rw",
    "32 31 254:3 / /srv/in\\040it ro,noexec,nosuid,relatime shared:9 - btrfs /dev/vdd rw",
    "33 24 0:42 / /net rw - autofs auto rw",
    "34 24 254:4 / /image rw - squashfs /dev/loop0 ro",
  ].join("\n"),
);

const directory = (): "directory" => "directory";
const points = (plan: { layers: readonly { point: string }[] }) => plan.layers.map(({ point }) => point);

test("every local file system gets an overlay, outermost first; proc, network, and what lies in /tmp do not", () => {
  expect(localSubmounts(mounts, directory)).toEqual(["/usr", "/srv", "/image", "/srv/in it"]);
});

test("only what the overlays do not show is bound", () => {
  expect(pathsToBind(["/usr", "/etc"], "/", mounts, directory)).toEqual([]);
  expect(pathsToBind(["/tmp"], "/", mounts, directory)).toEqual(["/tmp"]);
  expect(pathsToBind(["/usr"], "/srv", mounts, directory)).toEqual(["/usr"]);
});

test("a network file system is shown when something needed lies in it, or it lies in something needed", () => {
  expect(planFileSystems(["/opt"], mounts, directory).notShown.map(({ point }) => point)).toEqual(["/mnt"]);
  for (const needed of ["/mnt/app/data", "/mnt", "/"]) {
    const plan = planFileSystems([needed], mounts, directory);
    expect(points(plan)).toContain("/mnt");
    expect(plan.remote.map(({ type }) => type)).toEqual(["nfs4"]);
    expect(plan.notShown).toEqual([]);
  }
});

test("what is mounted over something hides it, and all below it", () => {
  const seen = readMounts(
    [
      "1 0 254:0 / / rw - ext4 /dev/vda rw",
      "2 1 254:1 / /data rw - ext4 /dev/vdb rw",
      "3 2 254:2 / /data/old rw - ext4 /dev/vdc rw",
      "4 2 0:40 / /data rw - nfs4 server:/data rw",
      "5 4 254:3 / /data/new rw - ext4 /dev/vdd rw",
      "6 1 254:4 / /deep/down rw - ext4 /dev/vde rw",
      "7 1 0:41 / /deep rw - tmpfs tmpfs rw",
    ].join("\n"),
  ).map(({ point, type }) => `${point} ${type}`);
  expect(seen).toEqual(["/ ext4", "/data nfs4", "/data/new ext4", "/deep tmpfs"]);
});

test("flags that decide whether a program works are carried over", () => {
  const flags = Object.fromEntries(mounts.map((mount) => [mount.point, mount.flags]));
  expect(flags["/srv/in it"]).toEqual(expect.arrayContaining(["ro", "noexec", "nosuid"]));
  expect(flags["/image"]).toContain("ro");
});

test("a file that is a mount of its own is copied", () => {
  const plan = planFileSystems([], mounts, (path) => (path === "/usr" ? "file" : "directory"));
  expect(plan.files).toEqual(["/usr"]);
  expect(points(plan)).not.toContain("/usr");
});
