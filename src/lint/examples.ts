import type { Example, ExampleHost } from "./rule.ts";

/** A timer with these lines, and the job that it starts, as an example of a rule. */
export function timerExample(
  lines: string,
  {
    service = "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/job\n",
    host,
  }: { service?: string; host?: ExampleHost } = {},
): Example {
  return {
    units: {
      "job.timer": `[Timer]\n${lines}\n\n[Install]\nWantedBy=timers.target\n`,
      "job.service": service,
    },
    ...(host === undefined ? {} : { host }),
  };
}

/** A service of a user's manager, as an example of a rule. */
export function userExample(text: string, host?: ExampleHost): Example {
  return { scope: "user", units: { "bot.service": text }, ...(host === undefined ? {} : { host }) };
}
