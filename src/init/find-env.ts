import type { Diagnostic } from "../report/diagnostic.ts";
import { parseEnvFile } from "../spec/env-file.ts";
import { textOf, type Folder } from "./folder.ts";

/** What an application's environment file says: names and never values. */
export type FoundEnv = {
  /** The file is there; otherwise only a template was found. */
  exists: boolean;
  file: string;
  /** Names that the file sets. */
  names: readonly string[];
  required: readonly string[];
  requiredFrom: string;
  secrets: readonly string[];
  port: number | undefined;
  portName: string | undefined;
  /** Others than its owner may read or change it, which apply refuses. */
  open: boolean;
  diagnostics: readonly Diagnostic[];
};

const templates = [".env.example", ".env.sample", ".env.template", ".env.dist"];
/** Other names with PORT in them mostly tell where something else listens. */
const ownPort = /^(HTTP_|WEB_|APP_|SERVER_|LISTEN_|METRICS_)?PORT$/;
const secret =
  /(SECRET|TOKEN|PASSW|PASSPHRASE|PRIVATE|MNEMONIC|SEED_PHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|(^|_)KEY$|(^|_)(PAT|DSN)$|DATABASE_URL$)/;
const harmless = /PUBLIC|_ID$|_FILE$|_PATH$/;

/** Looks at .env and its template, under systemd's own rules: lines that systemd would drop are told with their place. */
export function findEnv(folder: Folder): FoundEnv | null {
  const text = textOf(folder, ".env");
  const template = templates.find((name) => textOf(folder, name) !== undefined);
  if (text === undefined && template === undefined) return null;
  const read = parseEnvFile(text ?? textOf(folder, template!)!, text === undefined ? template! : ".env");
  const asked =
    template === undefined ? null : [...parseEnvFile(textOf(folder, template)!, template).values.keys()];
  const filled = [...read.values].filter(([, { value }]) => value !== "").map(([name]) => name);
  const portName = [...read.values.keys()].find((name) => ownPort.test(name));
  const port = Number(portName === undefined ? Number.NaN : read.values.get(portName)!.value);
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
  return {
    exists: text !== undefined,
    file: ".env",
    names: text === undefined ? [] : [...read.values.keys()],
    // The template says what the program asks for; without one, what has a value today is the best guess.
    required:
      text === undefined ? (asked ?? []) : filled.filter((name) => asked === null || asked.includes(name)),
    requiredFrom: template ?? ".env",
    secrets: [...read.values.keys()].filter(
      (name) => secret.test(name.toUpperCase()) && !harmless.test(name.toUpperCase()),
    ),
    port: isPort ? port : undefined,
    portName: isPort ? portName : undefined,
    open: text !== undefined && (folder.entries.get(".env")!.mode & 0o026) !== 0,
    // Nothing is installed yet: what apply will refuse is a warning here.
    diagnostics:
      text === undefined ? [] : read.diagnostics.map((d) => ({ ...d, severity: "warning" as const })),
  };
}
