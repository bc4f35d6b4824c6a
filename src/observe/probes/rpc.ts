import type { Kept, Reading } from "../../heal/reading.ts";
import { describeDuration } from "../../value/duration.ts";
import { askHttp, shownServer } from "./ask-http.ts";
import { BrokenLink } from "../../network/broken-link.ts";
import { tooSlow } from "./http.ts";
import { keptNumber, reading, type LookOf } from "./local-probe.ts";
import { secretsOf } from "./mask-address.ts";
import { networkProbe, type Attempt } from "./network-probe.ts";
import type { ProbeContext } from "./probe.ts";
import { readServiceVariable } from "./service-variable.ts";
import { shownWords } from "./shown-words.ts";

/** Calls a method by JSON-RPC 2.0 over HTTP; with `progress`, its result must grow. */
export const probeRpc = networkProbe("rpc", async (attempt, look) => {
  const { url, shown, secrets } = await addressOf(attempt, look);
  const post = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: look.method,
    params: look.params.map(parameter),
  });
  const answer = await askHttp(attempt, { url, shown, post, body: true });
  const result = await resultOf(attempt.context, answer.body, answer.status, secrets);
  const grown =
    look.progress === null ? null : await judgeGrowth(attempt, look, look.progress, result, secrets);
  if (grown?.result === "fail") return grown;
  const slow = tooSlow(look.fasterThan, answer.seconds, "RPC");
  if (slow !== null) return grown?.kept ? { ...slow, kept: grown.kept } : slow;
  if (grown !== null) return grown;
  const says = `${look.method} answers in ${describeDuration(answer.seconds * 1000)}`;
  return reading("ok", says, {
    value: answer.seconds,
    limit: (look.fasterThan ?? attempt.context.check.timeout) / 1000,
  });
});

type Address = { url: URL; shown: string; secrets: string[] };

async function addressOf(attempt: Attempt, look: LookOf<"rpc">): Promise<Address> {
  if (!look.url.startsWith("$")) {
    const url = new URL(look.url);
    return { url, shown: shownServer(url), secrets: secretsOf(url, false) };
  }
  const value = await readServiceVariable(attempt.context, look.url.slice(1));
  if (value === null) throw new Error(`${look.url} is not set in the service's environment`);
  const written = value.reveal();
  if (!/^https?:\/\//.test(written) || !URL.canParse(written))
    throw new Error(`${look.url} is not an http:// or https:// address`);
  const url = new URL(written);
  return { url, shown: look.url, secrets: [written, ...secretsOf(url, true)] };
}

/** In the spec every parameter is text: what looks like true, null or a number is sent as that. */
function parameter(text: string): string | number | boolean | null {
  if (/^(true|false|null)$/.test(text)) return JSON.parse(text) as boolean | null;
  return /^-?\d+$/.test(text) && String(Number(text)) === text ? Number(text) : text;
}

/** An error in an answer with HTTP status 200 is an error; a result in one with status 500 is not to be relied on. */
async function resultOf(
  context: ProbeContext,
  body: string,
  status: number,
  secrets: readonly string[],
): Promise<unknown> {
  const bad = status < 200 || status > 299;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new BrokenLink(bad ? "HTTP" : "RPC", bad ? `status ${status}` : "the answer is not JSON");
  }
  const object = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
  const { error } = object;
  if (error !== undefined && error !== null)
    throw new BrokenLink("RPC", await describeError(context, error, secrets));
  if (bad) throw new BrokenLink("HTTP", `status ${status}`);
  if (!Object.hasOwn(object, "result"))
    throw new BrokenLink("RPC", "the answer has neither a result nor an error");
  if (object["id"] !== 1) throw new BrokenLink("RPC", "the answer is to another question");
  return object["result"];
}

async function describeError(
  context: ProbeContext,
  error: unknown,
  secrets: readonly string[],
): Promise<string> {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const number = typeof code === "number" ? ` ${code}` : "";
  if (typeof message !== "string") return `error${number}`;
  return `error${number}: ${await shownWords(context, message, secrets)}`;
}

/** So far below what was there before is not a node that lags but another chain: it is counted from there on. */
const anotherChain = 2n;

async function judgeGrowth(
  { context }: Attempt,
  look: LookOf<"rpc">,
  progress: number,
  result: unknown,
  secrets: readonly string[],
): Promise<Reading> {
  const { now, unit, check } = context;
  const height = heightOf(result);
  if (height === null) {
    const shown = await shownWords(context, JSON.stringify(result) ?? "nothing", secrets, 40);
    return reading("fail", `RPC: ${look.method} answers ${shown}, which is not a number`);
  }
  const before = heightOf(context.kept?.["height"]);
  const last = keptNumber(context.kept, "grewAt");
  const grew = before === null || last === null || height > before || height * anotherChain < before;
  const grewAt = grew ? now : Math.min(last, now);
  const kept: Kept = { height: String(grew ? height : before), grewAt };
  // A service that was stopped meanwhile had nothing to grow.
  const started = check.dependency === null ? (unit.activeSince ?? 0) : 0;
  const since = Math.max(grewAt, Math.min(started, now));
  const age = now - since;
  const rest = { value: Math.round(age / 1000), limit: progress / 1000, kept };
  const behind = before !== null && height < before && !grew ? `, behind ${before}` : "";
  if (age >= progress) {
    const says = `RPC: ${look.method} is ${height}${behind}, and has not grown for ${describeDuration(age)}, over ${describeDuration(progress)}`;
    return reading("fail", says, rest);
  }
  const says = `${look.method} is ${height}${behind}${before === null || grew ? "" : `, as ${describeDuration(age)} ago`}`;
  return reading("ok", says, { ...rest, dueAt: since + progress });
}

/** A number, or text such as "0x1b4" or "436"; null when it is neither. */
function heightOf(result: unknown): bigint | null {
  if (typeof result === "number") return Number.isFinite(result) ? BigInt(Math.floor(result)) : null;
  if (typeof result !== "string" || !/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(result)) return null;
  return BigInt(result);
}
