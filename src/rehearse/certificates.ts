import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIP } from "node:net";

// X.509 as RFC 5280 has it, as little of it as strict programs ask for: a stranger's machine need not have the openssl program.

/** A certificate and its key, in PEM. */
export type Issued = { certificate: string; key: string };

/** An authority that lives as long as one rehearsal. Its key is never written anywhere. */
export type Authority = {
  certificate: string;
  /** Under which name programs that use OpenSSL look for it in a directory of certificates. */
  hash: string;
  issue(host: string, from: number, to: number): Issued;
};

const hour = 3_600_000;
const curve = { namedCurve: "P-256" } as const;
/** Lower-case and of one word each, so that it is in OpenSSL's canonical form, which the hash is of. */
const authorityName = "holdfast rehearsal";

/** Makes an authority that is valid around `now`, in milliseconds. */
export function makeAuthority(now: number): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", curve);
  const id = keyId(publicKey);
  const subject = nameOf(authorityName);
  const certificate = certify({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    from: now - 24 * hour,
    to: now + 30 * 24 * hour,
    extensions: [
      extension("551d13", true, der(0x30, boolean(true))),
      // keyCertSign and cRLSign.
      extension("551d0f", true, der(0x03, Buffer.from([1, 0b0000_0110]))),
      extension("551d0e", false, der(0x04, id)),
    ],
  });
  return {
    certificate,
    hash: nameHash(authorityName),
    issue(host, from, to) {
      const own = generateKeyPairSync("ec", curve);
      return {
        key: own.privateKey.export({ type: "pkcs8", format: "pem" }),
        certificate: certify({
          subject: nameOf(`stand-in ${createHash("sha256").update(host).digest("hex").slice(0, 16)}`),
          issuer: subject,
          publicKey: own.publicKey,
          signer: privateKey,
          from,
          to,
          extensions: [
            extension("551d13", true, der(0x30)),
            // digitalSignature
            extension("551d0f", true, der(0x03, Buffer.from([7, 0b1000_0000]))),
            // serverAuth
            extension("551d25", false, der(0x30, oid("2b06010505070301"))),
            extension("551d0e", false, der(0x04, keyId(own.publicKey))),
            extension("551d23", false, der(0x30, der(0x80, id))),
            extension("551d11", false, der(0x30, alternativeName(host))),
          ],
        }),
      };
    },
  };
}

type Certificate = {
  subject: Buffer;
  issuer: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  from: number;
  to: number;
  extensions: readonly Buffer[];
};

function certify({ subject, issuer, publicKey, signer, from, to, extensions }: Certificate): string {
  const ecdsaWithSha256 = der(0x30, oid("2a8648ce3d040302"));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    issuer,
    der(0x30, time(from), time(to)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign("sha256", signed, signer);
  const whole = der(0x30, signed, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Tag, length, content (X.690). */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der(0x30, oid(id), ...(critical ? [boolean(true)] : []), der(0x04, value));
}

function commonName(name: string): Buffer {
  return der(0x31, der(0x30, oid("550403"), der(0x0c, Buffer.from(name))));
}

function nameOf(name: string): Buffer {
  return der(0x30, commonName(name));
}

/** UTCTime until 2049, GeneralizedTime from then on. */
function time(moment: number): Buffer {
  const text = `${new Date(moment).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, "")}Z`;
  return text < "2050" ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function alternativeName(host: string): Buffer {
  const version = isIP(host);
  if (version === 0) return der(0x82, Buffer.from(host));
  return der(0x87, version === 4 ? Buffer.from(host.split(".").map(Number)) : addressBytes(host));
}

function addressBytes(host: string): Buffer {
  // The parser of web addresses writes the last part of one in hexadecimal, too, and without a zone.
  const text = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  const [before = "", after] = text.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [head, tail] = [groups(before), groups(after ?? "")];
  const middle = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...middle, ...tail].map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** RFC 7093, first method, in short: any unique number will do. */
function keyId(key: KeyObject): Buffer {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}

/** The first four bytes of the SHA-1 of the canonical name without its outermost sequence, the last byte first. */
function nameHash(name: string): string {
  const digest = createHash("sha1").update(commonName(name)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, "0");
}
