import { join } from "node:path";
import { expect } from "vitest";
import { run } from "../../src/host/run.ts";
import { openLocalHost } from "../../src/host/local.ts";
import { isEquivalent } from "../../src/rehearse/equivalence/equivalence.ts";
import { loaderOn } from "../../src/rehearse/equivalence/load-units.ts";
import { unitPath } from "../../src/unit/find-drop-ins.ts";
import { importAll, proveAll, report, type ImportedUnits } from "./prove-units.ts";
import { checkout, Result, sharedHost, story } from "./story.ts";

sharedHost({ name: "equivalence" });

const packaged = "/usr/lib/systemd/system";

story(
  "units of Debian's packages, and such as people write, do the same after an import: systemd has the same of both",
  {},
  async (world) => {
    const systemd = Number(/^systemd (\d+)/.exec((await world.run("systemctl --version")).stdout)?.[1]);
    const outside = await openLocalHost("system", {
      busPath: world.host.bus,
    });
    const loader = loaderOn(world.host, outside, () => outside.close());
    const prove = (units: ImportedUnits) => proveAll(units, systemd, loader);
    const packages = importAll(packaged, unitPath.system, systemd);
    const own = join(import.meta.dirname, "foreign-units");
    const written = importAll(own, [own], systemd);
    const ofPackages = await prove(packages);
    const ofPeople = await prove(written);
    const [some, others] = [
      report("Packages of this machine", packages, ofPackages),
      report("Such as people write", written, ofPeople),
    ];

    // What differs is not passed over: a unit whose restart policy is lost is not the same.
    const lossy = {
      ...written,
      specs: written.specs.map(({ text }) => ({ text: text.replace("on: always", "on: never") })),
    };
    const lost = (await prove(lossy)).filter((one) => !isEquivalent(one));
    expect(lost.flatMap(({ differences }) => differences)).toContainEqual(
      expect.objectContaining({ property: "Restart", verdict: "refused", before: "always", after: "no" }),
    );

    await loader.close();
    expect(others / written.installed).toBeGreaterThan(0.9);
    expect(some / packages.installed).toBeGreaterThan(0.85);
    // A machine with fewer packages has fewer to show; the machine that this is developed on has more than enough.
    expect(some + others).toBeGreaterThanOrEqual(packages.installed >= 90 ? 100 : 0);
  },
);

story("import --prove says of each unit that it is the same, and why the rest differs", {}, async () => {
  const own = join(import.meta.dirname, "foreign-units");
  const holdfast = async (...args: string[]) =>
    new Result(args, await run([join(checkout, "bin/holdfast"), ...args], { timeout: 120_000 }));
  const proven = await holdfast("import", "--prove", join(own, "store.service"));
  proven
    .succeeds()
    .says(/store\.service: equivalent: \d{3} properties compared, 2 differ and are explained/)
    .says("Holdfast records when it gives up")
    .says("its drop-ins are part of the one file now");
  expect(proven.stdout).toContain("memory: 256M");
  const { proof } = (await holdfast("import", "--prove", "--json", join(own, "store.service"))).json();
  expect(proof.units).toMatchObject([{ unit: "store.service", trouble: null }]);
  (await holdfast("--user", "import", "--prove", join(own, "store.service")))
    .fails(2)
    .says("Cannot prove an import of user units");
});
