import type { Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { askHttp, longestBody, shownServer, type Answer } from "./ask-http.ts";
import { valueAt } from "./json-value.ts";
import { reading, type LookOf } from "./local-probe.ts";
import { secretsOf } from "./mask-address.ts";
import { compileMatch } from "./match.ts";
import { networkProbe } from "./network-probe.ts";
import type { ProbeContext } from "./probe.ts";
import { shownWords } from "./shown-words.ts";

/** Does it answer, with the right status and body, and in time? The first thing that is not right is said. */
export const probeHttp = networkProbe("http", async (attempt, look) => {
  // Before anything is asked: a pattern that cannot be used is not the server's fault.
  const matches = look.body === null ? null : compileMatch(look.body, longestBody);
  const url = new URL(look.url);
  const wanted = Object.entries(look.json);
  const body = matches !== null || wanted.length > 0;
  const answer = await askHttp(attempt, { url, shown: shownServer(url), post: null, body });
  const trouble =
    wrongStatus(look, answer) ??
    wrongBody(matches, answer) ??
    (await wrongValue(attempt.context, wanted, answer, secretsOf(url, false))) ??
    tooSlow(look.fasterThan, answer.seconds, "HTTP");
  if (trouble !== null) return trouble;
  const says = `status ${answer.status} in ${describeDuration(answer.seconds * 1000)}`;
  if (look.fasterThan === null) return reading("ok", says, { value: answer.status, limit: statusRule(look) });
  return reading("ok", says, { value: answer.seconds, limit: look.fasterThan / 1000 });
});

/** A bad reading when an answer took longer than it may, else null. */
export function tooSlow(fasterThan: number | null, seconds: number, link: "HTTP" | "RPC"): Reading | null {
  if (fasterThan === null || seconds * 1000 <= fasterThan) return null;
  const says = `${link}: the answer took ${describeDuration(seconds * 1000)}, over ${describeDuration(fasterThan)}`;
  return reading("fail", says, { value: seconds, limit: fasterThan / 1000 });
}

function statusRule({ status }: LookOf<"http">): string {
  return status.length === 0 ? "200 to 299" : status.join(", ");
}

function wrongStatus(look: LookOf<"http">, { status }: Answer): Reading | null {
  const right = look.status.length === 0 ? status >= 200 && status <= 299 : look.status.includes(status);
  if (right) return null;
  const redirect = status >= 300 && status <= 399 ? ", a redirect, which is not followed" : "";
  const limit = statusRule(look);
  return reading("fail", `HTTP: status ${status}${redirect}, not ${limit}`, { value: status, limit });
}

function wrongBody(matches: ((text: string) => boolean) | null, answer: Answer): Reading | null {
  if (matches === null || matches(answer.body)) return null;
  return reading("fail", `HTTP: the body does not match${remark(answer)}`);
}

async function wrongValue(
  context: ProbeContext,
  wanted: readonly (readonly [path: string, value: string])[],
  answer: Answer,
  secrets: readonly string[],
): Promise<Reading | null> {
  if (wanted.length === 0) return null;
  let found: unknown;
  try {
    found = JSON.parse(answer.body);
  } catch {
    return reading("fail", `HTTP: the body is not JSON${remark(answer)}`);
  }
  for (const [path, value] of wanted) {
    const is = valueAt(found, path);
    if (is === undefined) return reading("fail", `HTTP: there is no ${path} in the body`, { limit: value });
    if (is === value || (typeof is === "number" && value.trim() !== "" && is === Number(value))) continue;
    const written = typeof is === "string" ? is : JSON.stringify(is);
    if (written === value && typeof is !== "string") continue;
    const shown = await shownWords(context, written, secrets, 40);
    return reading("fail", `HTTP: ${path} is ${shown}, not ${value}`, { value: shown, limit: value });
  }
  return null;
}

function remark({ body, cut, encoding }: Answer): string {
  if (encoding !== null) return ": it is compressed, which was not asked for";
  if (cut) return `: it is longer than ${longestBody / 1024} KiB, which is all that is read`;
  return body === "" ? ": it is empty" : "";
}
