import { expect, test } from "vitest";
import type { OpenSocket } from "../observe/open-sockets.ts";
import { listenersIn } from "./listeners.ts";
import {
  readBundlerAudit,
  readCargoAudit,
  readGovulncheck,
  readNpm,
  readPipAudit,
} from "./package-auditors.ts";
import { auditOf, lines } from "./test-host.ts";
import { auditUpdates, pendingIn } from "./updates.ts";

test("sockets that wait for others are listeners, each once", () => {
  const socket = (kind: string, local: string, state = "", remote = "0.0.0.0:0"): OpenSocket => ({
    pid: 1,
    kind,
    local,
    remote,
    state,
    sendQueue: 0,
    receiveQueue: 0,
  });
  expect(
    listenersIn([
      socket("tcp", "0.0.0.0:8000", "LISTEN"),
      socket("tcp", "0.0.0.0:8000", "LISTEN"),
      socket("tcp", "127.0.0.1:8000", "ESTABLISHED", "127.0.0.1:5000"),
      socket("tcp6", "[0:0:0:0:0:0:0:0]:443", "LISTEN"),
      socket("tcp6", "[0:0:0:0:0:0:0:1]:90", "LISTEN"),
      socket("udp", "0.0.0.0:53"),
      // A question to a name server, and a partner that is known.
      socket("udp", "0.0.0.0:40000"),
      socket("udp", "0.0.0.0:123", "", "192.0.2.1:123"),
    ]).map(({ protocol, address, port }) => `${protocol} ${address}:${port}`),
  ).toEqual(["udp 0.0.0.0:53", "tcp [::1]:90", "tcp [::]:443", "tcp 0.0.0.0:8000"]);
});

test("what auditors of packages say is read; what is no answer is none", () => {
  const npm = JSON.stringify({
    vulnerabilities: {
      lodash: {
        name: "lodash",
        range: "<4.17.21",
        via: [{ title: "Prototype\npollution", severity: "high" }],
        fixAvailable: { name: "lodash", version: "4.17.21" },
      },
      app: { name: "app", range: "*", via: ["lodash"] },
    },
  });
  expect(readNpm(npm)).toEqual([
    {
      name: "lodash",
      version: "<4.17.21",
      title: "Prototype pollution",
      severity: "error",
      fixed: "4.17.21",
    },
  ]);
  const pip = JSON.stringify({
    dependencies: [
      { name: "jinja2", version: "2.0", vulns: [{ id: "PYSEC-1", fix_versions: ["2.11", "3.0"] }] },
      { name: "six", version: "1.0", vulns: [] },
    ],
  });
  expect(readPipAudit(pip)).toEqual([
    { name: "jinja2", version: "2.0", title: "PYSEC-1", severity: "error", fixed: "3.0" },
  ]);
  const cargo = {
    advisory: { id: "RUSTSEC-1", title: "segfault" },
    package: { name: "time", version: "0.1" },
  };
  expect(readCargoAudit(JSON.stringify({ vulnerabilities: { list: [cargo] } }))).toMatchObject([
    { name: "time" },
  ]);
  const gem = { gem: { name: "rack", version: "1" }, advisory: { title: "x", criticality: "medium" } };
  expect(readBundlerAudit(`Updated\n${JSON.stringify({ results: [gem] })}`)).toMatchObject([
    { name: "rack", severity: "warning" },
  ]);
  const trace = (first: object) =>
    JSON.stringify({ finding: { osv: "GO-1", fixed_version: "v1.2", trace: [first] } });
  const go = `${JSON.stringify({ config: {} })}\n${trace({ module: "m", version: "v1" })}\n${trace({ module: "m", version: "v1", function: "f" })}`;
  expect(readGovulncheck(go)).toEqual([
    { name: "m", version: "v1", title: "GO-1", severity: "error", fixed: "v1.2" },
  ]);
  for (const read of [readNpm, readPipAudit, readCargoAudit, readBundlerAudit, readGovulncheck])
    for (const text of ["", "{}", '{"message":"no network","error":{}}', "npm ERR! x"])
      expect(read(text)).toBeNull();
});

const upgrade = `NOTE: This is only a simulation!
Inst libc6 [2.36-9] (2.36-9+deb12u1 Debian-Security:12/stable-security [amd64]) []
Inst bash [5.2] (5.2.1 Debian:12.5/stable [amd64])
Conf libc6 (2.36-9+deb12u1 Debian-Security:12/stable-security [amd64])
`;

test("updates that wait are told apart; old lists tell nothing", async () => {
  expect(pendingIn(upgrade)).toEqual({ security: ["libc6"], others: ["bash"] });
  const host = (age: number) =>
    auditOf(
      {
        "/usr/bin/apt-get": { text: "\x7fELF" },
        "/var/lib/apt/lists/debian_InRelease": { text: "" },
        "/var/lib/apt/lists": { modified: 1e12 - age },
      },
      () => ({ status: 0, stdout: upgrade }),
    );
  expect(lines(await auditUpdates(host(3_600_000)))).toEqual([
    "warning security-updates host",
    "info updates host",
  ]);
  expect(await auditUpdates(host(30 * 86_400_000))).toMatchObject({
    findings: [],
    unknown: [{ why: "the package lists are 30 days old" }],
  });
  expect((await auditUpdates(auditOf({}))).unknown).toHaveLength(1);
  const waiting = {
    ...auditOf({
      "/run/reboot-required": { text: "" },
      "/run/reboot-required.pkgs": { text: "linux-image\nlinux-image\n" },
    }),
    quick: true,
  };
  expect(await auditUpdates(waiting)).toMatchObject({
    findings: [{ id: "audit/reboot-needed", says: "this host is to be rebooted, for linux-image" }],
    unknown: [],
  });
});
