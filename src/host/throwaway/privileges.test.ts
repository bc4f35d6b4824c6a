import { expect, test } from "vitest";
import { explainStep } from "./explain-step.ts";
import { missingPrivileges, type Privileges } from "./privileges.ts";

const all = "CapEff:\t000001ffffffffff\nSeccomp:\t0\n";
const privileges = (over: Partial<Privileges>): Privileges => ({
  status: all,
  container: null,
  mounts: [],
  ...over,
});

test("root of a machine lacks nothing", () => {
  expect(missingPrivileges(privileges({}))).toEqual([]);
});

test("what a container keeps back is named, and how it is given", () => {
  // What docker gives to a container.
  const status = "CapEff:\t00000000a80425fb\nSeccomp:\t2\n";
  const mounts = [{ point: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", flags: ["ro", "nosuid"] }];
  const [capabilities, groups] = missingPrivileges(privileges({ status, container: "docker", mounts }));
  expect(capabilities?.summary).toBe(
    "Cannot boot a throwaway host: root in this container (docker) does not have CAP_NET_ADMIN, CAP_SYS_ADMIN",
  );
  expect(capabilities?.fix).toContain("docker run --privileged --cgroupns=private");
  expect(groups?.summary).toContain("/sys/fs/cgroup is mounted read-only");
});

test("a refused step tells apart what refuses it", () => {
  const filtered = privileges({ status: all.replace("Seccomp:\t0", "Seccomp:\t2"), container: "podman" });
  const said = "mount: /run/x: permission denied.";
  expect(explainStep("memory", said, filtered).summary).toBe(
    "Cannot boot a throwaway host: the kernel refuses root to mount a file system in memory; there is a system call filter (seccomp) and a container (podman)",
  );
  expect(explainStep("memory", said, filtered).fix).toContain("podman run --privileged");
});

test("an overlay too many is told as that, and another one by its place", () => {
  const nested = privileges({ mounts: [{ point: "/", type: "overlay", source: "overlay", flags: [] }] });
  expect(explainStep("layer /", "wrong fs type", nested).summary).toContain("no third one");
  expect(explainStep("layer /", "wrong fs type", privileges({})).summary).toContain("mounted over /");
});
