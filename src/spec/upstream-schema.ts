import * as v from "valibot";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { upstreamAddress } from "./upstream-address.ts";
import { count, filePath, matching, oneOf, scalarText, text } from "./values.ts";

const headerValue = () =>
  v.pipe(
    scalarText(),
    v.check(
      (value) => /^[\t -~\u00a0-\u00ff]*$/.test(value),
      issueMessage("spec/bad-text", "one line of plain text"),
    ),
  );

const answer = v.strictObject({
  method: key(oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), {
    meaning: "Only requests of this method.",
    default: "any method",
    example: "GET",
  }),
  path: requiredKey(
    matching(/^\/[!-~]*$/, "a path that begins with /, such as /v1/orders or /v1/*", "spec/bad-path"),
    {
      meaning:
        "Which requests it answers: this path, or with * at the end all that begin so. The part behind ? counts only when it is written here.",
      example: "/v1/orders/*",
    },
  ),
  status: key(count(200, 599), { meaning: "The status.", default: "200", example: "201" }),
  headers: key(v.record(matching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "the name of a header"), headerValue()), {
    meaning: "Further headers of the answer.",
    default: "content-type: application/json",
    example: "{ content-type: text/plain }",
  }),
  body: key(text(), { meaning: "The body, as it is.", default: "{}", example: `'{"price": 101.5}'` }),
  file: key(filePath(), {
    meaning: "A file with the body instead; relative to the spec's own directory.",
    default: "none",
    example: "recorded/quotes.json",
  }),
});

/** Something of the outside world that the application talks to. It changes nothing on a host: a rehearsal puts a stand-in there. */
export const upstreamSchema = v.strictObject({
  url: requiredKey(upstreamAddress(), {
    meaning: "Where it is: http, https or plain tcp, by the name or address that the program uses.",
    example: "https://api.broker.example",
  }),
  for: key(v.array(text()), {
    meaning: "The services and jobs that talk to it.",
    default: "all of them",
    example: "[bot]",
  }),
  answers: key(v.array(answer), {
    meaning: "What its stand-in answers in a rehearsal; the first one that fits counts.",
    default: "200 with the body {} to everything",
    example: `[{ path: /v1/price, body: '{"price": 101.5}' }]`,
  }),
  recorded: key(filePath(), {
    meaning:
      "A file with answers that were recorded: HAR, as browsers and proxies save it, or YAML with a list under answers, as above. They come after answers. Relative to the spec's own directory.",
    default: "none",
    example: "recorded/broker.har",
  }),
  greeting: key(text(), {
    meaning: "What its stand-in says first to whoever connects; plain tcp only.",
    default: "nothing: it takes what is sent and says nothing",
    example: `"READY\\r\\n"`,
    alone: true,
  }),
});

/** A file of recorded answers. */
export const recordingSchema = v.strictObject({
  answers: requiredKey(v.array(answer), {
    meaning: "What was recorded.",
    example: "[{ path: / }]",
  }),
});
export type AnswerSpec = v.InferOutput<typeof answer>;
export type UpstreamSpec = v.InferOutput<typeof upstreamSchema>;
