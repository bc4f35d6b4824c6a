import * as v from "valibot";
import type { Diagnostic } from "../report/diagnostic.ts";
import { describeIssues } from "../spec/issues.ts";
import { readYaml } from "../spec/read-yaml.ts";
import { spanOf, toPlain, type Path } from "../spec/tree.ts";
import { findUnknownKeys } from "../spec/unknown-keys.ts";
import { recordingSchema, type AnswerSpec } from "../spec/upstream-schema.ts";
import type { StubAnswer } from "./inside/stub-plan.ts";

export type Recording = {
  answers: readonly StubAnswer[];
  /** Answers whose bodies stand in files of their own. */
  written: readonly AnswerSpec[];
  diagnostics: readonly Diagnostic[];
};

/** What a server of `host` answered when somebody recorded it: HAR, or YAML with a list under "answers". */
export function readRecording(text: string, file: string, host: string): Recording {
  const har = parseHar(text);
  if (har) return { answers: har.flatMap((entry) => answerOf(entry, host)), written: [], diagnostics: [] };
  const yaml = readYaml(text, file);
  if (!yaml.root) return { answers: [], written: [], diagnostics: yaml.diagnostics };
  const { root, at } = yaml;
  const placeOf = (path: Path, what?: "value" | "key") => at(spanOf(root, path, what));
  const result = v.safeParse(recordingSchema, toPlain(root));
  const unknown = findUnknownKeys(recordingSchema, { root, placeOf });
  return result.success
    ? { answers: [], written: result.output.answers, diagnostics: unknown }
    : {
        answers: [],
        written: [],
        diagnostics: [...unknown, ...describeIssues(result.issues, { root, placeOf })],
      };
}

const header = v.object({ name: v.string(), value: v.string() });
/** HTTP Archive 1.2, as far as it matters here. */
const entrySchema = v.object({
  request: v.object({ method: v.string(), url: v.string() }),
  response: v.object({
    status: v.number(),
    headers: v.optional(v.array(header), []),
    content: v.optional(v.object({ text: v.optional(v.string(), ""), encoding: v.optional(v.string()) }), {
      text: "",
    }),
  }),
});
const harSchema = v.object({ log: v.object({ entries: v.array(entrySchema) }) });
type Entry = v.InferOutput<typeof entrySchema>;

function parseHar(text: string): readonly Entry[] | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const read = v.safeParse(harSchema, JSON.parse(text));
    return read.success ? read.output.log.entries : null;
  } catch {
    return null;
  }
}

/** Of one connection only, about a body as it was sent, or a visitor's own. */
const left =
  /^(:.*|connection|keep-alive|transfer-encoding|content-length|content-encoding|set-cookie|date|alt-svc|strict-transport-security)$/i;

function answerOf({ request, response }: Entry, host: string): StubAnswer[] {
  if (!URL.canParse(request.url)) return [];
  const { hostname, pathname, search } = new URL(request.url);
  // A request that was never answered has the status 0.
  if (hostname.replace(/^\[|\]$/g, "") !== host || response.status < 200 || response.status > 599) return [];
  const { text, encoding } = response.content;
  const headers = response.headers
    .filter(({ name }) => !left.test(name))
    .map(({ name, value }) => [name.toLowerCase(), value]);
  const body = encoding === "base64" ? text : Buffer.from(text).toString("base64");
  return [
    {
      method: request.method.toUpperCase(),
      path: `${pathname}${search}`,
      status: response.status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body,
    },
  ];
}
