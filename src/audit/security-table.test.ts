import { expect, test } from "vitest";
import type { AuditedProgram } from "./facts.ts";
import { parseSecurity } from "./security-table.ts";
import { appOf } from "./test-host.ts";
import { waiverOf } from "./waivers.ts";

const two = `  NAME                        DESCRIPTION                                 EXPOSURE
✓ SystemCallFilter=~@swap     System call allow list defined for service, and @swap is not included
✗ RootDirectory=/RootImage=   Service runs within the host's root directory      0.1
✗ PrivateNetwork=             Service has access to the host's network           0.5

→ Overall exposure level for a-web.service: 1.1 OK 🙂
  NAME                        DESCRIPTION                                 EXPOSURE
✗ DeviceAllow=                Service has a device ACL with some special devices: /dev/tpmrm0:rw char-rtc:r       0.1

→ Overall exposure level for a-job.service: 9.6 UNSAFE 😨

UNIT                   EXPOSURE PREDICATE HAPPY
a-web.service               1.1 OK        🙂
`;

test("systemd's tables are read by unit, with the words of each line", () => {
  const found = parseSecurity(two);
  expect([...found].map(([unit, { score }]) => [unit, score])).toEqual([
    ["a-web.service", 1.1],
    ["a-job.service", 9.6],
  ]);
  expect(found.get("a-web.service")!.rows).toEqual([
    {
      directive: "SystemCallFilter=~@swap",
      on: true,
      says: "System call allow list defined for service, and @swap is not included",
      exposure: 0,
    },
    {
      directive: "RootDirectory=/RootImage=",
      on: false,
      says: "Service runs within the host's root directory",
      exposure: 0.1,
    },
    {
      directive: "PrivateNetwork=",
      on: false,
      says: "Service has access to the host's network",
      exposure: 0.5,
    },
  ]);
  expect(found.get("a-job.service")!.rows[0]).toMatchObject({
    exposure: 0.1,
    says: expect.stringMatching(/char-rtc:r$/) as string,
  });
  expect(parseSecurity("Failed to connect to bus").size).toBe(0);
});

test("whoever waived a part is named: a drop-in, the spec with its line, the runtime, or the preset", () => {
  const at = { file: "holdfast.yaml", line: 7, column: 1, length: 1 };
  const waiver = (directive: string, changes: Partial<AuditedProgram> = {}, root = false): string =>
    waiverOf(directive, { ...appOf().programs[0]!, ...changes }, root);
  const level = (name: string, allow: string[] = []) => ({ hardening: { level: name, allow, at } });
  expect(waiver("PrivateNetwork=")).toBe("the preset: network: full is the default");
  expect(waiver("PrivateTmp=", { dropIns: new Map([["PrivateTmp", "/x.conf"]]) })).toBe("a drop-in: /x.conf");
  expect(waiver("PrivateDevices=", level("strict", ["devices"]))).toBe(
    "hardening.allow: devices (holdfast.yaml:7)",
  );
  expect(waiver("ProtectSystem=", level("off"))).toBe("hardening: off (holdfast.yaml:7)");
  expect(waiver("PrivateDevices=", level("basic"))).toBe("hardening: basic (holdfast.yaml:7)");
  expect(waiver("User=/DynamicUser=", {}, true)).toBe("user: root, with allow-root");
  const node = { service: { ...appOf().programs[0]!.service, runtime: "node" as const } };
  expect(waiver("MemoryDenyWriteExecute=", node)).toBe("runtime node writes machine code while it runs");
  const families = { section: "Service", key: "RestrictAddressFamilies", value: "AF_UNIX", because: { at } };
  const artifact = { ...appOf().programs[0]!.artifact, directives: [families] };
  expect(waiver("RestrictAddressFamilies=~AF_UNIX", { artifact })).toBe(
    "holdfast.yaml:7, as RestrictAddressFamilies=AF_UNIX",
  );
});
