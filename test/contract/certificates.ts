import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const day = 86_400_000;

export type Issued = { key: string; cert: string };

/** An authority in a directory of its own that signs what a test wants, also certificates that are out of date. */
export function makeAuthority(): {
  path: string;
  cert: string;
  issue(names: readonly string[], days: readonly [from: number, to: number]): Issued;
  remove(): void;
} {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-ca-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const config = (names: readonly string[]) =>
    writeFileSync(
      join(dir, "ca.cnf"),
      `[ca]
default_ca=own
[own]
database=index.txt
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
unique_subject=no
certificate=ca.pem
private_key=ca.key
x509_extensions=leaf
[any]
commonName=supplied
[leaf]
basicConstraints=CA:false
${names.length > 0 ? `subjectAltName=${names.map((name) => `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`).join(",")}` : ""}
[req]
distinguished_name=dn
x509_extensions=authority
[dn]
[authority]
basicConstraints=critical,CA:true
`,
    );
  const newKey = (file: string) =>
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
  writeFileSync(join(dir, "index.txt"), "");
  config([]);
  newKey("ca.key");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    "ca.key",
    "-subj",
    "/CN=Test authority",
    "-days",
    "3650",
    "-config",
    "ca.cnf",
    "-out",
    "ca.pem",
  );
  let count = 0;
  return {
    path: join(dir, "ca.pem"),
    cert: readFileSync(join(dir, "ca.pem"), "utf8"),
    issue(names, [from, to]) {
      const file = `leaf-${(count += 1)}`;
      config(names);
      newKey(`${file}.key`);
      openssl(
        "req",
        "-new",
        "-key",
        `${file}.key`,
        "-subj",
        `/CN=${names[0]}`,
        "-config",
        "ca.cnf",
        "-out",
        `${file}.csr`,
      );
      openssl(
        "ca",
        "-batch",
        "-notext",
        "-config",
        "ca.cnf",
        "-in",
        `${file}.csr`,
        "-out",
        `${file}.pem`,
        "-startdate",
        asn1(Date.now() + from * day),
        "-enddate",
        asn1(Date.now() + to * day),
      );
      const read = (name: string) => readFileSync(join(dir, name), "utf8");
      return {
        key: read(`${file}.key`),
        cert: read(`${file}.pem`).slice(read(`${file}.pem`).indexOf("-----BEGIN")),
      };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** 20270131235959Z (RFC 5280, GeneralizedTime). */
function asn1(moment: number): string {
  return `${new Date(moment).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, "")}Z`;
}
