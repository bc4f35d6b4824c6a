import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directiveIn, directiveKeys } from "../../src/unit/directives.ts";
import { valueKind } from "../../src/unit/value-kinds.ts";
import { wordKeys, wordKind } from "../../src/unit/word-kinds.ts";

/** Values of every kind, well and badly written; each directive is tried with all of them. */
const values = (
  "1|0|yes|No|TRUE|on|off|maybe|y|infinity|unlimited|5|-5|+5|007|0x10|0o17|0b1|08|1.5|1.5G|512MB|512M|512m|1G 500M|500M 1G|" +
  "10%|150%|12.5%|12.555%|50‰|5s|5 s|5sec|5secs|1min 30s|30s 1min|5 6|5.|5.5.5|.5|1h30m|5ms|10us|5ns|3 months|2M|1y|-5s|1:2|" +
  "5:10|1G:2G|infinity:5|5:infinity|5:|SIGTERM|TERM|sigterm|Term|RTMIN+3|RTMIN+40|RTMAX-2|SIGRTMIN|SIGRTMIN+1|15|65|0755|755|" +
  "9999|0999|07777|17777|10000|10001|1001|1000|20|19|-20|-21|99|100|always|on-failure|Always|no|simple|exec|Notify|" +
  "notify-reload|oneshot|mixed|control-group|process|main|all|strict|full|read-only|tmpfs|invisible|ptraceable|noaccess|" +
  "pid|private|shared|inherit|auto|closed|kill|stop|continue|omit|reboot|reboot-force|poweroff|exit|exit-force|soft-reboot|" +
  "kexec|halt|err|info|8|3|daemon|local7|local8|rr|fifo|idle|batch|best-effort|realtime|restart|abort|terminate|inactive|" +
  "inactive-or-failed|fail|replace|triggering|isolate|normal|direct|default|both|ipv6-only|bind|/dev/sda 10M|/dev/sda 10|" +
  "/dev/sda infinity|/dev/sda 5.5K|1K|1k|2 G|1T|1E|1P|17E|B|5B|+1G|00|4294967295|4294967296|99999999999999999999"
).split("|");

/** An unreadable value of these makes systemd refuse the whole file, so that nothing is said of the lines behind it. */
const refusing = new Set(["DynamicUser"]);

const sections = {
  Unit: "service",
  Service: "service",
  Socket: "socket",
  Timer: "timer",
  Path: "path",
  Mount: "mount",
};
const version = Number(
  /systemd (\d+)/.exec(spawnSync("systemctl", ["--version"]).stdout?.toString() ?? "")?.[1],
);

/** Words of lists: those that are known, of any directive, and others. */
const words = [
  ...new Set(wordKeys.flatMap((key) => wordKind(key)!.words)),
  ..."AF_IPV4|INET|nett|NET|amd64|x86_64|256|255|-1|SIGTERM|TERM|15|64|65|FOO|0-3|0,2|1-2,5|a|EFOO|eperm|1|4095|4096|foo.socket|foo|foo.slice|foo.service|10000".split(
    "|",
  ),
];
/** Not known to every systemd of Debian. */
const newerWords = new Set(["loongarch64", "KSM"]);

const canAsk = version >= 252 && version <= 257;

test.skipIf(!canAsk)("values are read, or not, as systemd reads them", () => {
  const probes = Object.entries(sections).flatMap(([section, type]) =>
    directiveKeys(section).flatMap((key) => {
      const info = directiveIn(section, key)!;
      const kind = info.since > version || refusing.has(key) ? null : valueKind(info, section);
      return kind === null
        ? []
        : [{ section, type, key, values, reads: (value: string) => kind.reads(value, version) }];
    }),
  );
  expect(probes.length).toBeGreaterThan(180);
  expect(askSystemd(probes)).toEqual([]);
});

test.skipIf(!canAsk)("words of lists are known, or not, as systemd knows them", () => {
  // systemd drops unknown words of SecureBits= without a word.
  const keys = wordKeys.filter((key) => key !== "SecureBits");
  const probes = keys.map((key) => {
    const kind = wordKind(key)!;
    const reads = (word: string) => kind.reads(word) || (kind.alone?.(word) ?? false);
    return {
      section: "Service",
      type: "service",
      key,
      values: words.filter((word) => !newerWords.has(word)),
      reads,
    };
  });
  expect(askSystemd(probes)).toEqual([]);
});

type Probe = {
  section: string;
  type: string;
  key: string;
  values: readonly string[];
  reads: (value: string) => boolean;
};

/** Which values systemd reads and we do not, or the other way: one file for each probe, with every value on a line of its own. */
function askSystemd(probes: readonly Probe[]): string[] {
  const place = mkdtempSync(join(tmpdir(), "holdfast-values-"));
  try {
    const paths = probes.map(({ section, type, key, values }) => {
      const path = join(place, `${section}-${key}.${type}`);
      writeFileSync(path, `[${section}]\n${values.map((value) => `${key}=${value}\n`).join("")}`);
      return path;
    });
    const { stderr } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", "--recursive-errors=no", ...paths],
      { encoding: "utf8", maxBuffer: 1e9 },
    );
    // "/tmp/x.service:7: Failed to parse ...": advice to use another directive or value is no refusal.
    const refused = new Set(
      [...stderr.matchAll(/^(\/[^\s:]+:\d+): (?!Unit uses )/gm)].map(([, where]) => where!),
    );
    expect(refused.size).toBeGreaterThan(probes.length);
    return probes.flatMap(({ key, values, reads }, index) =>
      values
        .filter((value, line) => reads(value) === refused.has(`${paths[index]}:${line + 2}`))
        .map((value) => `${key}=${value}`),
    );
  } finally {
    rmSync(place, { recursive: true });
  }
}
