import { expect } from "vitest";
import { sharedHost, story } from "./story.ts";

const spec = `
app: shop
user: daemon
directory: /opt/shop
network-online: true
services:
  database: { run: /usr/bin/sleep infinity, ready: { settle: 0s } }
  cache: { run: /usr/bin/sleep infinity, ready: { settle: 0s } }
  web: { run: /usr/bin/sleep infinity, ready: { settle: 0s }, requires: [database], wants: [cache] }
`;

sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.run(["mkdir", "-p", "/opt/shop"]);
    await host.write("/opt/shop/holdfast.yaml", spec);
    await holdfast("-f /opt/shop/holdfast.yaml apply").succeeds();
  },
});

story(
  "a service that requires another stops with it, one that wants another runs on",
  { covers: "O-43, O-19" },
  async ({ run, unit }) => {
    await run("systemctl stop shop-cache").succeeds();
    await unit("shop-web.service").is("active");

    await run("systemctl stop shop-database").succeeds();
    await unit("shop-web.service").waitFor("inactive");

    await run("systemctl start shop-web").succeeds();
    await unit("shop-database.service").is("active");
    await unit("shop-cache.service").is("active");
  },
);

story(
  "graph shows dependencies both ways, as systemd has them",
  { covers: "O-75, O-19" },
  async ({ holdfast, run }) => {
    const { services } = (await holdfast("graph --json").succeeds()).json();
    const web = services.find((service: { unit: string }) => service.unit === "shop-web.service");
    expect(web.Requires).toContain("shop-database.service");
    expect(web.Wants).toContain("shop-cache.service");
    expect(web.After).toEqual(expect.arrayContaining(["shop-database.service", "network-online.target"]));
    const database = services.find((service: { unit: string }) => service.unit === "shop-database.service");
    expect(database.RequiredBy).toEqual(["shop-web.service"]);

    const listed = (await run("systemctl show -p Requires --value shop-web").succeeds()).stdout
      .trim()
      .split(" ");
    expect(web.Requires).toEqual(listed.toSorted());
  },
);

story(
  "inspect gives every property that systemctl show gives, but no values of variables",
  { covers: "O-96" },
  async ({ holdfast, run }) => {
    const { units } = (await holdfast("inspect shop/web --json").succeeds()).json();
    const listed = (await run("systemctl show --all shop-web").succeeds()).stdout
      .trim()
      .split("\n")
      .map((line) => line.split("=", 1)[0]!);
    const missing = listed.filter((name) => !(name in units[0].properties));
    // systemctl makes these up from others; see print_property() in its source.
    expect(
      missing.filter((name) => !/^(Environment$|MemoryAvailable|CanFreeze|Exec\w+Ex$)/.test(name)),
    ).toEqual([]);
    expect(units[0].properties.Environment).toBeUndefined();
  },
);
