import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { certificateTrouble } from "../../network/broken-tls.ts";
import { connect, shownPlace } from "./connect.ts";
import { reading, type LookOf } from "./local-probe.ts";
import { networkProbe, type Attempt } from "./network-probe.ts";
import { secure } from "./secure.ts";

const largestFile = 1024 * 1024;

/** How long a certificate is still valid, in seconds: a server's, or the first to expire of those in a file. */
export const probeTls = networkProbe("tls", async (attempt, look) =>
  look.file === null ? lookAtServer(attempt, look) : lookAtFile(attempt, look, look.file),
);

type Validity = { from: number; to: number; whose: string };

async function lookAtServer(attempt: Attempt, look: LookOf<"tls">): Promise<Reading> {
  const host = look.host!;
  const shown = shownPlace(host, look.port);
  const place = { host, port: look.port, shown };
  const socket = await secure(attempt, await connect(attempt, place), place, { anyCertificate: true });
  const leaf = socket.getPeerCertificate(true);
  socket.destroy();
  const { now } = attempt.context;
  const limit = look.validFor / 1000;
  if (!leaf.valid_to) return reading("fail", `TLS: ${shown} shows no certificate`, { limit });
  const own = validityOf(leaf, `the certificate of ${shown}`);
  const outdated = judge(own, look.validFor, now);
  if (outdated.result === "fail" && (own.to <= now || own.from > now)) return outdated;
  const trouble = troubleOfServer(socket, host, leaf);
  if (trouble !== null) return reading("fail", `TLS: the certificate of ${shown} ${trouble}`, { limit });
  // A certificate of the chain that has expired was not needed: it was verified another way (a cross-signed root).
  const chain = chainOf(leaf).filter(({ to }) => to > now);
  return judge(earliest([own, ...chain]), look.validFor, now);
}

function troubleOfServer(socket: TLSSocket, host: string, leaf: DetailedPeerCertificate): string | null {
  if (checkServerIdentity(host, leaf)) return `is not for ${host}, but for ${namesOf(leaf)}`;
  if (socket.authorized) return null;
  // Text by its type, an Error with a code in truth (nodejs/node, tls.authorizationError).
  const error = socket.authorizationError as unknown as NodeJS.ErrnoException | string;
  const code = typeof error === "string" ? error : error?.code;
  return certificateTrouble(code) ?? `is not to be trusted: ${code ?? "no reason is given"}`;
}

function namesOf({ subject, subjectaltname }: DetailedPeerCertificate): string {
  const names = subjectaltname?.split(", ").map((name) => name.replace(/^[^:]*:/, "")) ?? [];
  if (names.length === 0) return [subject?.CN ?? "no name"].flat().join(", ");
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function chainOf(leaf: DetailedPeerCertificate): Validity[] {
  const chain: Validity[] = [];
  const seen = new Set([leaf]);
  for (let one = leaf.issuerCertificate; one && !seen.has(one); one = one.issuerCertificate) {
    seen.add(one);
    chain.push(
      validityOf(
        one,
        `the certificate of its issuer ${[one.subject?.CN ?? "without a name"].flat().join(", ")}`,
      ),
    );
  }
  return chain;
}

function validityOf(certificate: { valid_from: string; valid_to: string }, whose: string): Validity {
  return { from: Date.parse(certificate.valid_from), to: Date.parse(certificate.valid_to), whose };
}

async function lookAtFile({ context }: Attempt, look: LookOf<"tls">, path: string): Promise<Reading> {
  const { files } = context.host;
  const limit = look.validFor / 1000;
  // /etc/letsencrypt/live is full of links.
  const real = await files.realPath(path);
  const stat = real === null ? null : await files.stat(real);
  if (real === null || stat === null) return reading("fail", `TLS: there is no ${path}`, { limit });
  if (stat.kind !== "file" || stat.size > largestFile)
    return reading("fail", `TLS: ${path} is not a file of certificates`, { limit });
  const text = (await files.read(real)) ?? "";
  const blocks =
    text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return reading("fail", `TLS: ${path} holds no certificate in PEM form`, { limit });
  const found: Validity[] = [];
  for (const [index, block] of blocks.entries()) {
    const whose = index === 0 ? `the certificate in ${path}` : `certificate ${index + 1} in ${path}`;
    try {
      const { validFrom, validTo } = new X509Certificate(block);
      found.push(validityOf({ valid_from: validFrom, valid_to: validTo }, whose));
    } catch {
      return reading("fail", `TLS: ${whose} cannot be read`, { limit });
    }
  }
  const early = found.find(({ from }) => from > context.now);
  return judge(early ?? earliest(found), look.validFor, context.now);
}

function earliest(all: readonly Validity[]): Validity {
  return all.reduce((first, one) => (one.to < first.to ? one : first));
}

function judge({ from, to, whose }: Validity, validFor: number, now: number): Reading {
  const left = to - now;
  const rest = { value: Math.round(left / 1000), limit: validFor / 1000 };
  if (from > now)
    return reading("fail", `TLS: ${whose} is not valid for another ${describeSpan(from - now)}`, rest);
  if (left <= 0) return reading("fail", `TLS: ${whose} expired ${describeSpan(-left)} ago`, rest);
  const says = `${whose} is valid for ${describeSpan(left)}`;
  if (left < validFor) return reading("fail", `TLS: ${says}, under ${describeSpan(validFor)}`, rest);
  return reading("ok", says, rest);
}

/** In full days, as certificates are talked about; exact when there are few. */
function describeSpan(millis: number): string {
  const days = Math.floor(millis / 86_400_000);
  return days > 2 ? `${days} days` : describeDuration(millis);
}
