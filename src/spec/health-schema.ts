import * as v from "valibot";
import { checksOfNetwork } from "./checks-of-network.ts";
import { checksOfResources } from "./checks-of-resources.ts";
import { checksOfWork } from "./checks-of-work.ts";
import { healSchema } from "./heal-schema.ts";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { duration } from "./read-values.ts";
import { webAddress } from "./web-address.ts";

const kinds = { ...checksOfWork, ...checksOfNetwork, ...checksOfResources } as const;

const docs: Record<keyof typeof kinds, { meaning: string; example: string }> = {
  log: { meaning: "What the service writes to the journal.", example: '{ match: "Position", fresh: 5m }' },
  file: { meaning: "A file that the program writes.", example: "{ path: logs/bot.log, fresh: 5m }" },
  beat: { meaning: "A heartbeat of the program's main loop.", example: "{ within: 30s }" },
  http: { meaning: "An answer over HTTP.", example: '{ url: "http://127.0.0.1:8000/health" }' },
  tcp: { meaning: "Something that listens.", example: "{ to: 127.0.0.1:5432 }" },
  tls: { meaning: "A certificate that will not run out soon.", example: "{ to: api.example.org:443 }" },
  dns: { meaning: "A name that resolves.", example: "{ resolve: api.example.org }" },
  rpc: {
    meaning: "A JSON-RPC answer, and progress in it.",
    example: "{ url: $RPC_URL, method: eth_blockNumber, progress: 2m }",
  },
  exec: { meaning: "A command that exits 0.", example: "{ run: bin/check }" },
  sockets: {
    meaning: "How many connections the service's own processes have.",
    example: "{ port: 443, at-most: 200 }",
  },
  memory: { meaning: "Memory of the service, and its trend.", example: "{ at-most: 80%, for: 5m }" },
  cpu: { meaning: "CPU time of the service.", example: "{ at-most: 90%, for: 5m }" },
  disk: { meaning: "Space and inodes of a file system, and when it will be full.", example: "{ free: 10% }" },
  sqlite: { meaning: "Integrity and size of a SQLite database.", example: "{ path: data/trades.db }" },
  clock: { meaning: "The host's clock.", example: "{ offset: 1s }" },
};

type Kinds = typeof kinds;
export type CheckKindName = keyof Kinds;

const entries = Object.fromEntries(
  Object.entries(kinds).map(([kind, schema]) => [
    kind,
    key(schema, { ...docs[kind as CheckKindName], default: "none" }),
  ]),
) as unknown as { [K in CheckKindName]: v.OptionalSchema<Kinds[K], undefined> };

/** One check: a kind and what it looks at. */
const checkSchema = v.pipe(
  v.strictObject(entries),
  v.check(
    (check) => Object.values(check).filter((value) => value !== undefined).length === 1,
    issueMessage("spec/one-kind", `one kind of check: ${Object.keys(kinds).join(", ")}`),
  ),
);

export type CheckSpec = { [K in CheckKindName]?: v.InferOutput<Kinds[K]> | undefined };

/** What a service says about watching. */
export const watchKeys = {
  health: key(v.array(checkSchema), {
    meaning: "What shows that the service works, beyond being there.",
    default: "its unit is active",
    example: "[{ beat: { within: 30s } }]",
  }),
  heal: key(healSchema, {
    meaning: "What is done when its checks fail, and when that ends.",
    default: "restart, at most 3 per 1h, then break",
    example: "{ limit: 3 per 1h, then: break }",
  }),
  grace: key(duration({ zero: true }), {
    meaning: "After every start, whoever started it, checks are not held against the service for this long.",
    default: "30s",
    example: "2m",
  }),
};

export const heartbeatSchema = v.strictObject({
  url: requiredKey(webAddress(), {
    meaning:
      "An address that somebody else's dead-man switch watches. It is called only while the watching really works.",
    example: "https://hc-ping.com/uuid",
  }),
  every: key(duration(), { meaning: "How often.", default: "1m", example: "1m" }),
});
