import { readInteger } from "../../unit/read-value.ts";
import { describeDuration } from "../../value/duration.ts";
import { inForce } from "../in-force.ts";
import { atValue, type Rule } from "../rule.ts";

const memoryLimits =
  /^(Memory(Max|High|Limit|SwapMax|Min|Low)|Startup?Memory(Max|High)|Limit(AS|DATA|STACK|MEMLOCK|RSS))$/;
const smallest = 1024 * 1024;
/** Spans that are seconds or minutes, and that other tools have in milliseconds; RuntimeMaxSec= and delays of timers may well be hours. */
const shortSpans = /^(Restart(MaxDelay)?|Timeout(Start|Stop|Abort)?|Watchdog)Sec$/;

/** Numbers without a unit: bytes and seconds, whatever was meant. */
export const sizeAndTimeRules: readonly Rule[] = [
  {
    id: "size-in-bytes",
    level: "will-not-do-what-it-says",
    reason: "a size without a unit is a number of bytes",
    happens: "MemoryMax=512 is 512 bytes: the program is killed with SIGKILL while it starts",
    source: "systemd.resource-control(5)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=512\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=512M\nMemorySwapMax=0\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        const { key, value, file } = setting;
        if (!memoryLimits.test(key) || !/^\d+$/.test(value)) continue;
        const bytes = Number(value);
        if (bytes === 0 || bytes >= smallest) continue;
        const kills = /^Memory(Max|Limit)$/.test(key);
        yield {
          ...atValue(file, setting),
          level: kills ? "will-not-start" : key.startsWith("Limit") ? "risky" : "will-not-do-what-it-says",
          says: `${key}=${value} is ${value} bytes`,
          ...(kills ? {} : { happens: `${key}= is far smaller than any program needs` }),
          fix: `write the unit: ${key}=${value}M, or ${value}K`,
        };
      }
    },
  },
  {
    id: "time-in-milliseconds",
    level: "will-not-do-what-it-says",
    reason: "a span without a unit is a number of seconds",
    happens: "RestartSec=5000 waits for 83 minutes",
    source: "systemd.time(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5000\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSec=5s\nTimeoutStartSec=3600\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        const { key, value, file } = setting;
        if (!shortSpans.test(key) || !/^\d{4,}$/.test(value)) continue;
        const seconds = readInteger(value);
        // Whole seconds in milliseconds; 36000 and 72000 are whole hours as well.
        if (seconds === null || seconds < 1000 || seconds % 500 !== 0) continue;
        yield {
          ...atValue(file, setting),
          ...(seconds % 3600 === 0 ? { level: "risky" as const } : {}),
          says: `${key}=${value} is ${describeDuration(seconds * 1000)}`,
          happens: `systemd takes ${value} as seconds: ${describeDuration(seconds * 1000)}`,
          fix: `write the unit: ${key}=${value}ms, or ${key}=${value}s when seconds are meant`,
        };
      }
    },
  },
];
