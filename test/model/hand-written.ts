import type { Desired } from "../../src/plan/desired.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { withAdopted, makePlan } from "../../src/plan/make-plan.ts";
import { unitName } from "../../src/value/unit-name.ts";
import { apply, desire, inputOn, makePreparedHost, makeRecord } from "./change.ts";
import type { ModelHost } from "./host.ts";

export const bot = unitName("bot.service");
export const dropIn = `/etc/systemd/system/${bot}.d/10-limits.conf`;
export const fragment = `/etc/systemd/system/${bot}`;

/** The unit bot.service as a service that keeps its unit; `more` are further keys of it. */
export const botSpec = (more = ""): string => `
app: app
user: app
directory: /opt/app
supervision: systemd
services:
  bot:
    unit: bot.service
    defaults: systemd
    run: ./bot --live
    ready: { settle: 0s }
    restart: { on: always, delay: 5s }
    limits: { tasks: 64 }
    ${more}
`;

const original = `[Unit]
Description=my bot
[Service]
User=app
WorkingDirectory=/opt/app
ExecStart=/opt/app/bot --live
Restart=always
RestartSec=5s
[Install]
WantedBy=multi-user.target
`;

/** A host on which somebody runs bot.service, from a file and a drop-in of his own; not root's, so that owners are seen to come back. */
export async function hostWithBot(options: { enabled: boolean }): Promise<ModelHost> {
  const host = await makePreparedHost();
  await host.files.makeDirectory(`${fragment}.d`, 0o755);
  await host.files.write(fragment, original, { mode: 0o640, uid: 7, gid: 8 });
  await host.files.write(dropIn, "[Service]\nTasksMax=64\n", { mode: 0o600 });
  if (options.enabled) await host.systemd.enable(bot);
  await host.systemd.start(bot);
  return host;
}

export type Adoption = { host: ModelHost; plan: Plan; desired: Desired };

/** The plan that takes bot.service over. */
export async function adoption(
  specText = botSpec("description: my bot"),
  options = { enabled: true },
): Promise<Adoption> {
  const host = await hostWithBot(options);
  const input = await inputOn(host, desire(specText), null, new Map(), "all");
  return { host, plan: makePlan(input), desired: withAdopted(input)! };
}

/** A host on which bot.service is taken over. */
export async function adopted(
  specText?: string,
  options?: { enabled: boolean },
): Promise<{ host: ModelHost; desired: Desired; before: object }> {
  const { host, plan, desired } = await adoption(specText, options);
  const before = host.dump();
  const outcome = await apply(plan, desired, host, makeRecord());
  if (outcome.result !== "applied") throw new Error(JSON.stringify(outcome));
  return { host, desired, before };
}
