import { describe, expect } from "vitest";
import type { Comparison, Difference } from "../../src/rehearse/compare-reports.ts";
import type { Report } from "../../src/rehearse/rehearse.ts";
import { debianTree } from "./debian-tree.ts";
import { machineStory } from "./machine-story.ts";
import { readJunit } from "./junit.ts";
import { sharedHost, story, type World } from "./story.ts";

// An upgrade of Debian is rehearsed before it is made: the same faults on this machine and on a tree of the next release.

const tree = await debianTree("trixie");
const directory = "/opt/next";

/** Answers on a port. "refuses" does not start a second time on the other release, as a program that a new library breaks. */
const program = `#!/usr/bin/python3
import http.server, os, sys
port, habit = int(sys.argv[1]), (sys.argv[2:] or [""])[0]
if habit == "refuses" and 'VERSION_ID="13"' in open("/etc/os-release").read():
    if os.path.exists("${directory}/data/was-here"):
        print("the new library does not like what the old one has left", flush=True)
        sys.exit(1)
    open("${directory}/data/was-here", "w").close()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
`;

const spec = (name: string, run: string, within = "10s") => `app: ${name}
user: ${name}
directory: ${directory}
services:
  web:
    run: ${run}
    runtime: python
    writes: [data]
    hardening: basic
    ready: { http: "http://127.0.0.1:8301/", within: ${within} }
    restart: { on: failure, limit: 3 per 1h }
    limits: { memory: 96M, tasks: 30 }
`;

type Answer = { comparison: Comparison; status: number | null; junit: string; html: string };

async function compare({ holdfast, host }: World, name: string, ...faults: string[]): Promise<Answer> {
  const files = ["--junit", "/tmp/upgrade.xml", "--html", "/tmp/upgrade.html"];
  const words = ["rehearse", "--compare", tree.path!, "--fault", ...faults, ...files];
  const result = await holdfast(["--file", `${directory}/${name}.yaml`, "--json", ...words], {
    timeout: 230_000,
  });
  const [junit, html] = await Promise.all(["xml", "html"].map((kind) => host.read(`/tmp/upgrade.${kind}`)));
  return { comparison: result.json() as Comparison, status: result.status, junit: junit!, html: html! };
}

const shown = ({ comparison }: Answer) => JSON.stringify([comparison.trouble, comparison.differences]);

describe.skipIf(tree.path === null)("an upgrade to the next Debian", () => {
  sharedHost({
    setUp: async ({ host }) => {
      await host.write(`${directory}/serve`, program, 0o755);
      await host.write(`${directory}/calm.yaml`, spec("calm", "./serve 8301"));
      await host.write(`${directory}/brisk.yaml`, spec("brisk", "./serve 8301", "2s"));
      await host.write(`${directory}/tender.yaml`, spec("tender", "./serve 8301 refuses"));
      await host.write(`${directory}/bound.yaml`, spec("bound", "/usr/local/bin/serve-8301"));
      // A program of this machine that is not the application's own: nobody takes it along.
      await host.write("/usr/local/bin/serve-8301", `#!/bin/sh\nexec ${directory}/serve 8301\n`, 0o755);
    },
  });

  story(
    "what is kept on both is no difference, and what only this machine cannot show is not blamed on the upgrade",
    { covers: "P-69" },
    async (world) => {
      const answer = await compare(world, "calm", "crash", "crash-loop", "deaf", "memory", "reboot");
      const { before, after, differences } = answer.comparison;
      expect(after, shown(answer)).not.toBeNull();
      expect(Number.parseInt(after!.systemd)).toBeGreaterThan(Number.parseInt(before.systemd));
      const comparable = differences.filter(({ fault }) => fault !== "memory");
      expect(
        Object.fromEntries(comparable.map((one) => [one.fault, [one.before, one.after]])),
        shown(answer),
      ).toEqual(
        Object.fromEntries(
          ["crash", "crash-loop", "deaf", "reboot"].map((fault) => [fault, ["kept", "kept"]]),
        ),
      );
      const memory = differences.find(({ fault }) => fault === "memory")!;
      const expected: Difference[] = after!.limits === before.limits ? ["same", "slower"] : ["machine"];
      expect(expected).toContain(memory.difference);
      expect(answer.status).toBe(0);
      const suites = await readJunit(answer.junit);
      expect(suites.map(({ failures }) => failures)).toEqual([0, 0, 0]);
      expect(suites[0]!.tests).toBe(6);
      expect(answer.html).toContain("nothing is worse");
      // What was seen here is evidence for this machine, and what was seen there is none.
      const last = (
        await world.holdfast(["--file", `${directory}/calm.yaml`, "--json", "rehearse", "--last"])
      ).json();
      expect([last.systemd, last.tree]).toEqual([before.systemd, undefined]);
    },
  );

  story("a promise that only the other tree breaks is found, and told first", {}, async (world) => {
    const answer = await compare(world, "tender", "crash");
    const [crash] = answer.comparison.differences;
    expect(crash, shown(answer)).toMatchObject({ difference: "worse", before: "kept", after: "broken" });
    expect(answer.status).toBe(1);
    const [comparison, before, after] = await readJunit(answer.junit);
    expect(Object.values(comparison!.failed)).toEqual(["kept -> broken"]);
    expect([before!.failures, after!.failures]).toEqual([0, 1]);
    expect(answer.html).toContain("1 is worse");
  });

  story(
    "a program that the other tree lacks is named, and what was seen here is told all the same",
    {},
    async (world) => {
      const answer = await compare(world, "bound", "crash");
      expect(answer.comparison.after).toBeNull();
      expect(JSON.stringify(answer.comparison.trouble)).toContain("/usr/local/bin/serve-8301");
      expect(answer.comparison.before.outcomes.map(({ verdict }) => verdict)).toEqual(["kept"]);
      expect(answer.status).toBe(1);
      const [comparison] = await readJunit(answer.junit);
      expect(Object.keys(comparison!.failed)).toEqual(["all: it comes up on the other tree"]);
      expect(answer.html).toContain("does not come up there");
    },
  );

  machineStory(
    "in a virtual machine the limits of the other release are seen to hold, which this machine's control groups cannot show",
    "P-69",
    async ({ holdfast }) => {
      const words = ["rehearse", "--vm", "--on", tree.path!, "--fault", "memory", "tasks"];
      // An emulated processor is slower than its promise allows for.
      const result = await holdfast(["--file", `${directory}/brisk.yaml`, "--json", ...words], {
        timeout: 15 * 60_000,
      });
      const { systemd, outcomes, shortened } = result.succeeds().json() as Report;
      // Where there is KVM that works, nothing takes longer.
      const longer = shortened.find(({ key }) => key === "services.web.ready.within");
      expect(["20s", undefined]).toContain(longer?.to);
      const found = outcomes.map(({ fault, verdict, says }) => [fault, verdict, says]);
      expect(Number.parseInt(systemd)).toBeGreaterThanOrEqual(257);
      expect(found).toEqual([
        ["memory", "kept", expect.stringMatching(/^the kernel ended it at the limit/)],
        ["tasks", "kept", expect.stringMatching(/^refused after \d+ processes more/)],
      ]);
    },
  );

  story(
    "the other tree alone is rehearsed, and a tree that is none is refused at once",
    {},
    async (world) => {
      const at = (...words: string[]) =>
        world.holdfast(["--file", `${directory}/calm.yaml`, "--json", "rehearse", ...words], {
          timeout: 200_000,
        });
      const report = (await at("--on", tree.path!, "--fault", "crash", "reboot").succeeds()).json();
      expect(report.tree).toBe(tree.path);
      expect(report.outcomes.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["kept", "kept"]);
      for (const option of ["--on", "--compare"]) {
        const refused = await at(option, "/opt", "--fault", "crash").fails(1);
        refused.says("there is no systemd below /opt");
      }
    },
  );
});
