import { join } from "node:path";
import { expect } from "vitest";
import { openLocalHost } from "../../src/host/local.ts";
import { isEquivalent } from "../../src/rehearse/equivalence/equivalence.ts";
import { loaderOn } from "../../src/rehearse/equivalence/load-units.ts";
import { unitPath } from "../../src/unit/find-drop-ins.ts";
import { importAll, proveAll, report, type ImportedUnits } from "./prove-units.ts";
import { sharedHost, story } from "./story.ts";

sharedHost({ name: "equivalence" });

const packaged = "/usr/lib/systemd/system";

story(
  "units of Debian's packages, and such as people write, do the same after an import: systemd has the same of both",
  {},
  async (world) => {
    const systemd = Number(/^systemd (\d+)/.exec((await world.run("systemctl --version")).stdout)?.[1]);
    const outside = await openLocalHost("system", {
      busPath: join(world.host.root, "run/dbus/system_bus_socket"),
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
