import { expect, test } from "vitest";
import type { CheckInput } from "../check.ts";
import { checkAppArmor } from "./apparmor.ts";

const name = "holdfast.polybot-bot";

/** A service with this process, whose label is so. */
function input(pid: number, label: string | null, directive = name): CheckInput {
  const files = { read: async (path: string) => (path.endsWith("/apparmor/current") ? label : null) };
  const directives =
    directive === "" ? [] : [{ section: "Service", key: "AppArmorProfile", value: directive }];
  return {
    host: { files },
    service: { name: "bot" },
    artifact: { directives },
    properties: { MainPID: pid },
  } as unknown as CheckInput;
}

test.each([
  [7, `${name} (enforce)\n`, "ok"],
  [7, `${name} (complain)\n`, "failed"],
  [7, "unconfined\n", "failed"],
  [7, "holdfast.polybot-bot2 (enforce)\n", "failed"],
  [7, null, "unknown"],
  [0, `${name} (enforce)\n`, "unknown"],
])("process %i with label %j: %s", async (pid, label, result) => {
  expect(await checkAppArmor(input(pid, label))).toMatchObject({ id: "apparmor", result });
});

test("nothing is promised where nothing is declared", async () => {
  expect(await checkAppArmor(input(7, "unconfined\n", ""))).toBeNull();
});
