import { isIP } from "node:net";
import { notParsed, parsed } from "../value/parsed.ts";
import { readFrom } from "./read-values.ts";

/** Where something of the outside world is: what it speaks, its name or address, and its port. */
export type UpstreamAddress = { kind: "http" | "https" | "tcp"; host: string; port: number };

const expected =
  "https://NAME, http://NAME or tcp://NAME:PORT, such as https://api.broker.example or feed.example:7001";
const hostName =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const usual = { http: 80, https: 443, tcp: 0 } as const;

/** The address of an upstream, as a person writes it: with a scheme, or host:port for plain TCP. */
export const upstreamAddress = () =>
  readFrom<UpstreamAddress>(
    "spec/bad-upstream",
    (written) => {
      const text = written.trim();
      if (text.includes("@"))
        return notParsed(
          "an address without a user and password",
          "write it without them: the address is no secret",
        );
      const match =
        /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:\[([0-9a-f:.]+)\]|([^/:@?#\s[\]]+))(?::(\d{1,5}))?(\/.*)?$/i.exec(
          text,
        );
      if (!match) return notParsed(expected);
      const kind = (match[1] ?? "tcp").toLowerCase();
      if (kind !== "http" && kind !== "https" && kind !== "tcp")
        return notParsed(expected, kind === "wss" ? text.replace(/^wss/i, "https") : undefined);
      const host = (match[2] ?? match[3]!).toLowerCase().replace(/\.$/, "");
      if (match[2] === undefined ? !hostName.test(host) && isIP(host) !== 4 : isIP(host) !== 6)
        return notParsed("a host name or an address");
      if (/^[\d.]+$/.test(host) && isIP(host) === 0) return notParsed("a host name or an address");
      const port = Number(match[4] ?? usual[kind]);
      if (port < 1 || port > 65_535)
        return notParsed(`a port from 1 to 65535, as in ${kind}://${match[3] ?? `[${host}]`}:7001`);
      if (match[5] !== undefined && match[5] !== "/")
        return notParsed("only where it is: paths stand in answers", text.slice(0, -match[5].length));
      return parsed({ kind, host, port });
    },
    {
      pattern: String.raw`^\s*(([Hh][Tt]{2}[Pp][Ss]?|[Tt][Cc][Pp]):\/\/)?[^\s@]+\s*$`,
      description: expected,
    },
    (written) => written.includes("@"),
  );

/** "https://api.broker.example", as reports name it. */
export function describeUpstream({ kind, host, port }: UpstreamAddress): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return `${kind}://${name}${port === usual[kind] ? "" : `:${port}`}`;
}
