import type { Diagnostic } from "../report/diagnostic.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import { describeUpstream } from "./upstream-address.ts";
import type { UpstreamSpec } from "./upstream-schema.ts";

/** Checks what the application talks to: who does, that no two are one, and that each is answered for in its own language. */
export function checkUpstreams(spec: Spec): Diagnostic[] {
  const all = Object.entries(spec.upstreams ?? {});
  return all.flatMap(([name, upstream], index) => [
    ...checkUsers(spec, name, upstream),
    ...checkPlace(spec, name, upstream, all.slice(0, index)),
    ...checkLanguage(spec, name, upstream),
  ]);
}

function checkUsers(spec: Spec, name: string, upstream: UpstreamSpec): Diagnostic[] {
  const known = [...Object.keys(spec.services), ...Object.keys(spec.jobs)];
  return (upstream.for ?? []).flatMap((user, index): Diagnostic[] => {
    if (known.includes(user)) return [];
    const near = nearest(user, known);
    return [
      {
        severity: "error",
        code: "spec/unknown-service",
        summary: `Cannot find the service "${user}" that talks to upstream "${name}"`,
        at: spec.placeOf(["upstreams", name, "for", index]),
        detail: `there are ${known.join(", ")}`,
        fix: near === undefined ? "leave for: out when all of them do" : `for: [${near}]`,
      },
    ];
  });
}

function checkPlace(
  spec: Spec,
  name: string,
  { url }: UpstreamSpec,
  earlier: readonly (readonly [string, UpstreamSpec])[],
): Diagnostic[] {
  const at = spec.placeOf(["upstreams", name, "url"]);
  const twin = earlier.find(([, other]) => other.url.host === url.host && other.url.port === url.port);
  if (twin)
    return [
      {
        severity: "error",
        code: "spec/upstream-twice",
        summary: `Cannot use ${describeUpstream(url)} for upstream "${name}": upstream "${twin[0]}" is there`,
        at,
        related: [{ at: spec.placeOf(["upstreams", twin[0], "url"]), note: "the other" }],
        fix: "write its answers into one of the two",
      },
    ];
  const here = /^(localhost|127(\.\d+){3}|::1)$/.test(url.host);
  const own = Object.entries(spec.services).find(([, { ports }]) => ports?.includes(url.port));
  if (!here || !own) return [];
  return [
    {
      severity: "error",
      code: "spec/upstream-is-own",
      summary: `Cannot put a stand-in at port ${url.port} of this host for upstream "${name}": service "${own[0]}" listens there`,
      at,
      related: [{ at: spec.placeOf(["services", own[0], "ports"]), note: "its ports" }],
      fix: "remove it: a service of the application needs no stand-in",
    },
  ];
}

function checkLanguage(spec: Spec, name: string, upstream: UpstreamSpec): Diagnostic[] {
  const { url, answers = [] } = upstream;
  const wrong = (["answers", "recorded", "greeting"] as const).filter(
    (what) => upstream[what] !== undefined && (what === "greeting") !== (url.kind === "tcp"),
  );
  return [
    ...wrong.map((what): Diagnostic => ({
      severity: "error",
      code: "spec/upstream-language",
      summary: `Cannot use ${what} for upstream "${name}": it speaks ${url.kind === "tcp" ? "plain TCP" : url.kind}`,
      at: spec.placeOf(["upstreams", name, what], "key"),
      related: [{ at: spec.placeOf(["upstreams", name, "url"]), note: "what it speaks" }],
      fix:
        what === "greeting"
          ? "write answers: instead"
          : "write greeting: instead, or a url with http:// or https://",
    })),
    ...answers.flatMap((answer, index): Diagnostic[] =>
      answer.body === undefined || answer.file === undefined
        ? []
        : [
            {
              severity: "error",
              code: "spec/two-bodies",
              summary: `Cannot answer ${answer.path} of upstream "${name}" with both body and file`,
              at: spec.placeOf(["upstreams", name, "answers", index, "file"], "key"),
              fix: "keep one of the two",
            },
          ],
    ),
  ];
}
