import * as v from "valibot";
import { common } from "./check-keys.ts";
import { endpoint, pattern } from "./health-values.ts";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { duration } from "./read-values.ts";
import { count, filePath, matching, scalarText, text } from "./values.ts";
import { webAddress } from "./web-address.ts";

/** Checks that ask over the network, on this host or elsewhere. */
export const checksOfNetwork = {
  http: v.strictObject({
    url: requiredKey(webAddress(), { meaning: "The address.", example: "http://127.0.0.1:8000/health" }),
    status: key(
      v.union(
        [count(100, 599), v.array(count(100, 599))],
        issueMessage("spec/bad-number", "a status, or a list of them"),
      ),
      {
        meaning: "Which answers are good.",
        default: "200 to 299",
        example: "204",
      },
    ),
    body: key(pattern(), { meaning: "What the body must match.", default: "anything", example: '"ok"' }),
    json: key(v.record(text(), scalarText()), {
      meaning: "Values that the body must have, by path such as checks.db.status.",
      default: "none",
      example: "{ status: ok }",
    }),
    "faster-than": key(duration(), {
      meaning: "How long the answer may take.",
      default: "timeout",
      example: "2s",
    }),
    ...common,
  }),
  tcp: v.strictObject({
    to: requiredKey(endpoint(), { meaning: "Where something must listen.", example: "127.0.0.1:5432" }),
    ...common,
  }),
  tls: v.strictObject({
    to: key(endpoint(), {
      meaning: "The server whose certificate is looked at.",
      default: "none",
      example: "api.example.org:443",
    }),
    file: key(filePath(), {
      meaning: "A certificate in a file, instead of a server's.",
      default: "none",
      example: "/etc/ssl/bot.pem",
      alone: true,
    }),
    "valid-for": key(duration(), {
      meaning: "It must be valid for at least this long.",
      default: "14d",
      example: "14d",
    }),
    ...common,
  }),
  dns: v.strictObject({
    resolve: requiredKey(matching(/^[A-Za-z0-9_.-]+$/, "a host name", "spec/bad-endpoint"), {
      meaning: "The name that must have an address.",
      example: "api.example.org",
    }),
    ...common,
  }),
  rpc: v.strictObject({
    url: requiredKey(
      matching(
        /^(https?:\/\/\S+|\$[A-Za-z_][A-Za-z0-9_]*)$/,
        "an http:// or https:// address, or $NAME of a variable of the service",
        "spec/bad-url",
      ),
      {
        meaning: "A JSON-RPC endpoint; $NAME is taken from the service's environment, and is never shown.",
        example: "$POLYGON_RPC_URL",
      },
    ),
    method: requiredKey(text(), { meaning: "The method that is called.", example: "eth_blockNumber" }),
    params: key(v.array(scalarText()), { meaning: "Its parameters.", default: "none", example: "[latest]" }),
    progress: key(duration(), {
      meaning: "The answer, a number such as a block height, must grow within this time.",
      default: "any result will do",
      example: "2m",
    }),
    "faster-than": key(duration(), {
      meaning: "How long the answer may take.",
      default: "timeout",
      example: "2s",
    }),
    ...common,
  }),
} as const;
