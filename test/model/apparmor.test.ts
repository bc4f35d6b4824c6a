import { expect, test } from "vitest";
import { apply, desire, makePreparedHost, makeRecord, planOn } from "./change.ts";

// An AppArmor profile comes and goes with the service that names it.

const path = "/etc/apparmor.d/holdfast.app-web";
const loaded = "/sys/kernel/security/apparmor/profiles";

const spec = (apparmor: boolean, writes: string[] = []): string =>
  JSON.stringify({
    app: "app",
    user: "app",
    directory: "/opt/app",
    services: { web: { run: "./web", ready: { settle: "0s" }, writes, hardening: { apparmor } } },
  });

test("it is loaded before the program is tried under it, loaded again when it changes, and unloaded before it goes", async () => {
  const host = await makePreparedHost();
  const confined = desire(spec(true));
  const first = await planOn(host, confined, null);
  const kinds = first.steps.map((step) => step.kind);
  const written = first.steps.findIndex((step) => step.kind === "write-file" && step.path === path);
  expect(kinds.indexOf("load-profile")).toBeGreaterThan(written);
  expect(kinds.indexOf("try-program")).toBeGreaterThan(kinds.indexOf("load-profile"));
  await apply(first, confined, host, makeRecord());
  expect(await host.files.read(loaded)).toBe("holdfast.app-web (enforce)\n");

  const wider = desire(spec(true, ["data"]));
  await apply(await planOn(host, wider, confined), wider, host, makeRecord());
  expect(await host.files.read("/sys/kernel/security/apparmor/holdfast.app-web")).toContain("/opt/app/data/");

  const free = desire(spec(false, ["data"]));
  const last = await planOn(host, free, wider);
  const order = last.steps.map((step) => step.kind);
  expect(order.indexOf("unload-profile")).toBeLessThan(order.indexOf("remove-file"));
  await apply(last, free, host, makeRecord());
  expect(await host.files.read(loaded)).toBeNull();
  expect(await host.files.read(path)).toBeNull();
});

test("removing the application takes it out of the kernel", async () => {
  const host = await makePreparedHost();
  const confined = desire(spec(true));
  await apply(await planOn(host, confined, null), confined, host, makeRecord());
  await apply(await planOn(host, null, confined), null, host, makeRecord());
  expect(await host.files.read(loaded)).toBeNull();
});
