import { expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";
import { readAppMask } from "./app-mask.ts";

const files: Readonly<Record<string, string>> = {
  "/etc/bot.env": "API_TOKEN=from-the-env-file\nMODE=live\n",
  "/etc/bot.key": "from-the-secret-file\n",
  "/etc/cred/job": "encrypted",
  "/etc/chat.token": "from-a-channel\n",
};

function hostWith(read: (path: string) => string | null, opens: string | null = "from-a-credential"): Host {
  return {
    files: {
      read: async (path: string) => read(path),
      stat: async (path: string) => (read(path) === null ? null : {}),
    },
    run: async () => ({ status: opens === null ? 1 : 0, signal: null, stdout: opens ?? "", stderr: "" }),
  } as unknown as Host;
}

const services = [
  { envFiles: ["/etc/bot.env"], secrets: [{ id: "key", source: "/etc/bot.key", encrypted: null }] },
  { envFiles: ["/etc/absent.env"], secrets: [{ id: "job", source: "/gone", encrypted: "/etc/cred/job" }] },
] as unknown as DesiredService[];
const chat = { id: "chat", source: "/etc/chat.token", encrypted: null };

test("secrets and environment files of all services, channels, and what looks like a secret, in one mask", async () => {
  const mask = await readAppMask(
    hostWith((path) => files[path] ?? null),
    { services },
    [chat],
  );
  const text =
    "live from-the-env-file from-the-secret-file from-a-credential from-a-channel --token=unknown1";
  expect(mask!(text)).toBe("live [API_TOKEN] [key] [job] [chat] --token=[hidden]");
  expect(mask!.redact(text).count).toBe(5);
});

test("nobody knows what to hide where a secret cannot be opened, is gone or may not be read", async () => {
  const known = (path: string) => files[path] ?? null;
  expect(await readAppMask(hostWith(known, null), { services })).toBeNull();
  expect(
    await readAppMask(
      hostWith((path) => (path === "/etc/bot.key" ? null : known(path))),
      { services },
    ),
  ).toBeNull();
  const refuses = hostWith(() => {
    throw Object.assign(new Error("EACCES"), { code: "EACCES" });
  });
  expect(await readAppMask(refuses, { services })).toBeNull();
});

test("without an application only what looks like a secret is hidden", async () => {
  const mask = await readAppMask(
    hostWith(() => null),
    null,
  );
  expect(mask!("password=abc and from-the-env-file")).toBe("password=[hidden] and from-the-env-file");
});
