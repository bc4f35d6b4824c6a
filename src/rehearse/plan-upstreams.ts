import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { exitCode, hasErrors, HoldfastError, type Diagnostic, type Place } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { AnswerSpec, UpstreamSpec } from "../spec/upstream-schema.ts";
import { makeAuthority, type Authority } from "./certificates.ts";
import type { StubAnswer, StubPlan } from "./inside/stub-plan.ts";
import { readRecording } from "./recordings.ts";

export type UpstreamPlan = { plan: Omit<StubPlan, "hosts">; authority: Authority | null };

const day = 86_400_000;
const isHere = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/.test(host);

/**
 * What stands in for each upstream of a spec; null when it has none. Files with answers are read from the spec's own directory, and
 * all that is wrong with them is thrown before anything is booted.
 */
export function planUpstreams(spec: Spec, directory: string, now: number): UpstreamPlan | null {
  const upstreams = Object.entries(spec.upstreams ?? {});
  if (upstreams.length === 0) return null;
  const hosts = [...new Set(upstreams.map(([, { url }]) => url.host))];
  const names = hosts.filter((host) => isIP(host) === 0 && !isHere(host));
  const addressOf = (host: string): string =>
    host === "localhost" ? "127.0.0.1" : names.includes(host) ? `127.83.0.${names.indexOf(host) + 1}` : host;
  const secure = upstreams.some(([, { url }]) => url.kind === "https");
  const authority = secure ? makeAuthority(now) : null;
  const found: Diagnostic[] = [];
  const stubs = upstreams.map(([name, upstream]) => {
    const { kind, host, port } = upstream.url;
    const issue = (from: number, to: number) =>
      kind === "https" ? authority!.issue(host, now + from * day, now + to * day) : null;
    return {
      name,
      kind,
      host: names.includes(host) ? host : null,
      address: addressOf(host),
      port,
      answers: answersOf(spec, name, upstream, directory, found),
      greeting: upstream.greeting ?? null,
      certificate: issue(-1, 30),
      expired: issue(-30, -1),
    };
  });
  if (hasErrors(found)) throw new HoldfastError(found, exitCode.usage);
  return { plan: { stubs, addresses: hosts.filter((host) => isIP(host) !== 0 && !isHere(host)) }, authority };
}

function answersOf(
  spec: Spec,
  name: string,
  upstream: UpstreamSpec,
  directory: string,
  found: Diagnostic[],
): StubAnswer[] {
  const placed = (upstream.answers ?? []).map((answer, index) => ({
    answer,
    at: spec.placeOf(["upstreams", name, "answers", index]),
  }));
  const own = placed.flatMap(({ answer, at }) => withBody(answer, directory, at, found));
  if (upstream.recorded === undefined) return own;
  const file = resolve(directory, upstream.recorded);
  const at = spec.placeOf(["upstreams", name, "recorded"]);
  const text = readOrTell(file, at, found);
  if (text === null) return own;
  const recording = readRecording(text.toString("utf8"), file, upstream.url.host);
  found.push(...recording.diagnostics);
  const written = recording.written.flatMap((answer) => withBody(answer, directory, at, found));
  if (recording.diagnostics.length === 0 && recording.answers.length + written.length === 0)
    found.push({
      severity: "warning",
      code: "rehearse/nothing-recorded",
      summary: `there is no answer of ${upstream.url.host} in ${file}`,
      at,
      fix: "record requests to this very host, or write answers:",
    });
  return [...own, ...recording.answers, ...written];
}

function withBody(answer: AnswerSpec, directory: string, at: Place, found: Diagnostic[]): StubAnswer[] {
  const { method = null, path, status = 200, headers = {}, file } = answer;
  const body =
    file === undefined ? Buffer.from(answer.body ?? "{}") : readOrTell(resolve(directory, file), at, found);
  return body === null ? [] : [{ method, path, status, headers, body: body.toString("base64") }];
}

function readOrTell(file: string, at: Place, found: Diagnostic[]): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    found.push({
      severity: "error",
      code: "rehearse/no-recording",
      summary: `Cannot read the answers in ${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
      at,
      fix: "write it there; a relative path begins at the spec's own directory",
    });
    return null;
  }
}
