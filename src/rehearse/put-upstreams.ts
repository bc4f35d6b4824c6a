import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { stubPlanFile, type StubPlan } from "./inside/stub-plan.ts";
import type { UpstreamPlan } from "./plan-upstreams.ts";

const unit = "rehearsal-upstreams.service";
const ownFile = "/etc/ssl/certs/holdfast-rehearsal.pem";
const mainBundle = "/etc/ssl/certs/ca-certificates.crt";
/** Where distributions keep the certificates that programs trust. */
const bundles = [
  mainBundle,
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** For programs that bring certificates of their own; whatever a unit or its environment file sets wins over it. */
export const trustVariables: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: ownFile,
  REQUESTS_CA_BUNDLE: mainBundle,
  SSL_CERT_FILE: mainBundle,
};

/**
 * Puts the stand-ins on a throwaway host: names that lead to them, certificates that are trusted there and nowhere else, and a unit
 * that is up before any service is, at every boot.
 */
export async function putUpstreams(
  host: ThrowawayHost,
  holdfast: string,
  { plan, authority }: UpstreamPlan,
): Promise<void> {
  const hosts = (await host.read("/etc/hosts")) ?? "127.0.0.1 localhost\n";
  const whole: StubPlan = { ...plan, hosts: hosts.endsWith("\n") ? hosts : `${hosts}\n` };
  await host.write(stubPlanFile, JSON.stringify(whole), 0o600);
  if (authority) {
    await trust(host, authority.certificate, authority.hash);
    const variables = Object.entries(trustVariables).map(([name, value]) => `"${name}=${value}"`);
    await host.write(
      "/etc/systemd/system.conf.d/rehearsal.conf",
      `[Manager]\nDefaultEnvironment=${variables.join(" ")}\n`,
    );
  }
  await host.write(`/etc/systemd/system/${unit}`, unitText(holdfast));
  await host.run(["systemctl", "daemon-reload"]);
  const started = await host.run(["systemctl", "enable", "--now", unit]);
  if (started.status === 0) return;
  const { stdout } = await host.run([
    "journalctl",
    "--no-pager",
    "--output=cat",
    "--lines=5",
    `--unit=${unit}`,
  ]);
  throw new HoldfastError({
    severity: "error",
    code: "rehearse/no-stand-ins",
    summary: "Cannot rehearse: the stand-ins for upstreams do not start on the copy of this machine",
    detail: `${started.stderr}${stdout}`.trim(),
    fix:
      plan.addresses.length > 0
        ? "an upstream that is called by its address needs the program ip (package iproute2)"
        : "see what they said above",
  });
}

async function trust(host: ThrowawayHost, certificate: string, hash: string): Promise<void> {
  await host.write(ownFile, certificate);
  await host.write(`/etc/ssl/certs/${hash}.0`, certificate);
  for (const path of bundles) {
    const text = await host.read(path);
    if (text !== null || path === mainBundle) await host.write(path, `${text ?? ""}\n${certificate}`);
  }
}

/** Up before anything of the application, as the outside world is. */
function unitText(holdfast: string): string {
  return `[Unit]
Description=Stand-ins for the outside world, in a rehearsal
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${holdfast} rehearse-upstreams ${stubPlanFile}
Restart=always
OOMScoreAdjust=-900

[Install]
WantedBy=sysinit.target
`;
}
