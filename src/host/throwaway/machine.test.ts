import { expect, test } from "vitest";
import { localSubmounts, pathsToBind } from "./machine.ts";

const mountinfo = [
  "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
  "25 24 0:22 / /proc rw,nosuid shared:2 - proc proc rw",
  "26 24 0:23 / /tmp rw shared:3 - tmpfs tmpfs rw",
  "27 24 254:1 / /usr rw shared:4 - ext4 /dev/vdb rw",
  "28 24 254:1 /bin /etc/passwd rw shared:5 - ext4 /dev/vdb rw",
  "29 24 0:40 / /mnt rw shared:6 - nfs4 server:/export rw",
  "30 26 254:2 / /tmp/disk rw shared:7 - xfs /dev/vdc rw",
].join("\n");

test("each local file system gets an overlay; proc, network, files and what lies in /tmp do not", () => {
  expect(localSubmounts(mountinfo)).toEqual(["/usr"]);
});

test("only what the overlays do not show is bound", () => {
  expect(pathsToBind(["/usr", "/etc"], "/", mountinfo)).toEqual([]);
  expect(pathsToBind(["/tmp", "/mnt"], "/", mountinfo)).toEqual(["/tmp", "/mnt"]);
  expect(pathsToBind(["/usr"], "/srv", mountinfo)).toEqual(["/usr"]);
});
