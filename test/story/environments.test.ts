import { expect } from "vitest";
import { placeProgram } from "./demo-app.ts";
import { sharedHost, story, type World } from "./story.ts";

// One spec and two environments, on a host that has one of them or both.

const spec = (staging: string): string => `
app: shop
user: shop
directory: /opt/shop
services:
  web: { run: ./serve, hardening: basic, env: { set: { MODE: none } }, ready: { settle: 0s } }
environments:
  live: { services: { web: { env: { set: { MODE: live } } } } }
  staging: { ${staging}services: { web: { env: { set: { MODE: staging } } } } }
`;
const apart = "app: shop-staging, user: shop-staging, directory: /opt/shop-staging, ";

const world = sharedHost({
  setUp: async (from) => {
    await placeProgram(from);
    for (const directory of ["/opt/shop", "/opt/shop-staging"])
      await from.run(["cp", "-r", "/opt/demo", directory]).succeeds();
  },
});

const write = (staging: string): Promise<void> => world.host.write("/opt/shop/holdfast.yaml", spec(staging));
const holdfast = (args: string) => world.holdfast(args, { directory: "/opt/shop" });

async function modeOf({ unit }: World, name: string): Promise<string> {
  await unit(name).is("active/running");
  return /MODE=(\w+)/.exec(await unit(name).show("Environment"))![1]!;
}

story(
  "what is installed as one environment does not become another because --env was forgotten or mistyped",
  { covers: "C-12" },
  async (from) => {
    await write("");
    await holdfast("--env live apply").succeeds();
    const before = await from.unit("shop-web.service").show("MainPID");

    (await holdfast("apply").fails(1))
      .says('Cannot apply "shop" without --env: it is installed here as environment "live"')
      .says("--env live")
      .says("Nothing was changed");
    (await holdfast("--env staging apply").fails(1)).says(
      'Cannot apply environment "staging" of "shop": it is installed here as environment "live"',
    );
    (await holdfast("--env staging plan").succeeds())
      .says("MODE=staging")
      .says("it is installed here as")
      .doesNotSay("Apply with");
    expect(await modeOf(from, "shop-web.service")).toBe("live");
    expect(await from.unit("shop-web.service").show("MainPID")).toBe(before);

    // A look is allowed, and says what it is at.
    (await holdfast("rehearse web --fault crash").succeeds())
      .says('what is installed here has environment "live"')
      .says("1 kept");

    // The one that is installed, and a way back, need no more words than before.
    await holdfast("--env live apply").says("Nothing to change");
    await holdfast("--env staging apply --switch-env").succeeds();
    expect(await modeOf(from, "shop-web.service")).toBe("staging");
    await holdfast("rollback shop").succeeds();
    expect(await modeOf(from, "shop-web.service")).toBe("live");

    // Who has read a plan that says so has agreed to it.
    await holdfast("--env staging plan --switch-env --out /opt/shop/plan.json").says(
      "--plan /opt/shop/plan.json",
    );
    await holdfast("--env staging apply --plan /opt/shop/plan.json").succeeds();
    expect(await modeOf(from, "shop-web.service")).toBe("staging");
    await holdfast("remove shop").succeeds();
  },
);

story(
  "an environment with an app of its own runs beside the other, and a change of one leaves the other untouched",
  { covers: "C-11, C-12" },
  async (from) => {
    const { run, unit } = from;
    await write(apart);
    await holdfast("--env live apply").succeeds();
    const live = unit("shop-web.service");
    const before = await live.show("InvocationID");
    const files = async (): Promise<string> =>
      (
        await run([
          "sh",
          "-c",
          "cd /etc/systemd; find . -path '*shop*' -type f ! -path '*shop?staging*' | sort | xargs sha256sum",
        ]).succeeds()
      ).stdout;
    const units = await files();

    await holdfast("--env staging apply").succeeds();
    expect(await modeOf(from, "shop-staging-web.service")).toBe("staging");
    expect(await unit("shop-staging-web.service").show("User")).toBe("shop-staging");
    expect(await modeOf(from, "shop-web.service")).toBe("live");
    expect(await live.show("InvocationID")).toBe(before);
    expect(units).toContain("shop-web.service");
    expect(await files()).toBe(units);
    await holdfast("status")
      .says(/shop +generation \d+, live/)
      .then((r) => r.says(/shop-staging +generation 1, staging/));

    // The one that both are laid over is not installed: it is hardly meant.
    await holdfast("remove shop").succeeds();
    (await holdfast("apply").fails(1))
      .says(
        'Cannot tell which environment is meant: staging ("shop-staging") is installed here, and "shop" is not',
      )
      .says("--env staging");
    await holdfast("--env live apply").succeeds();
    await holdfast("remove shop-staging").succeeds();
    expect(await modeOf(from, "shop-web.service")).toBe("live");
  },
);
