import { writeFile } from "node:fs/promises";
import * as fc from "fast-check";
import { expect } from "vitest";
import { parseUnit } from "../../src/unit/parse-unit.ts";
import { Settings } from "../../src/unit/settings.ts";
import { decodeUnit } from "../../src/unit/unit-text.ts";
import { splitWords } from "../../src/unit/words.ts";
import { sharedHost, story } from "./story.ts";

// Our reading of unit files is held against PID 1's own: whatever bytes a file has, both find the same in it.

sharedHost();
const folder = "/run/systemd/system";

/** What lines are made of: all that the syntax knows, and things that only look like it. */
const piece = fc.constantFrom(
  "Description=",
  "Description = ",
  "  Description=",
  "Environment=",
  "Documentation=",
  "# comment",
  "; comment",
  "[Unit]",
  "[Service]",
  "[X-Own]",
  "[Unit",
  "junk",
  "=",
  "\\",
  "\\\n",
  "\\\r\n",
  " \\\n# between\n",
  "\n",
  "\n",
  "\n",
  "\r",
  "\r\n",
  "\n\r",
  "\0",
  " ",
  "\t",
  "a",
  "b c",
  "A=1",
  '"A=b c"',
  "'B=d'",
  "C=\\x41",
  "ä",
  "\u2028",
  "\ufeff",
  "'",
  '"',
  "\\\\",
  "\\ ",
);
const anyText = fc.array(piece, { minLength: 2, maxLength: 25 }).map((parts) => parts.join(""));
const badBytes = fc
  .tuple(anyText, anyText)
  .map(([a, b]) => Buffer.concat([Buffer.from(a), Buffer.from([0xff]), Buffer.from(b)]));

/** The text that is tried, as a drop-in: a unit that cannot be read would say nothing of itself. */
function ours(bytes: Buffer): { description: string; environment: string[] } | null {
  const base = parseUnit("base", "[Unit]\nDescription=base\n[Service]\nType=oneshot\nExecStart=/bin/true\n");
  const file = parseUnit("x", decodeUnit(bytes));
  const broken = file.nodes.findIndex(
    (node) => node.kind === "junk" && (node.what === "bad-header" || node.what === "too-long"),
  );
  // PID 1 stops reading there, and keeps what it has.
  const read = broken === -1 ? file : { ...file, nodes: file.nodes.slice(0, broken) };
  const settings = new Settings([base, read]);
  const description = settings.written
    .filter(({ section, key }) => section === "Unit" && key === "Description")
    .at(-1)!.value;
  const variables = new Map<string, string>();
  for (const { value } of settings.all("Service", "Environment"))
    for (const { text } of splitWords(value).words)
      if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(text)) {
        const [name] = text.split("=", 1);
        variables.delete(name!);
        variables.set(name!, text);
      }
  return { description, environment: [...variables.values()].toSorted() };
}

story(
  "a unit file means to holdfast what it means to systemd, whatever its bytes",
  { covers: "O-23" },
  async ({ host, run }) => {
    const count = 400;
    const texts = [
      ...fc.sample(anyText, { numRuns: count }).map((text) => Buffer.from(text)),
      ...fc.sample(badBytes, { numRuns: 40 }),
    ];
    const names = texts.map((_, index) => `read-${index}`);
    for (const [index, bytes] of texts.entries()) {
      const base = "[Unit]\nDescription=base\n[Service]\nType=oneshot\nExecStart=/bin/true\n";
      await host.write(`${folder}/${names[index]}.service`, base);
      await host.write(`${folder}/${names[index]}.service.d/x.conf`, "");
      await writeFile(`${host.root}${folder}/${names[index]}.service.d/x.conf`, bytes);
    }
    await run("systemctl daemon-reload").succeeds();
    const { systemd, close } = await openBus(host.root);
    try {
      for (const [index, bytes] of texts.entries()) {
        const found = await systemd.properties(`${names[index]}.service` as never, [
          "Description",
          "Environment",
        ]);
        const { description, environment } = ours(bytes)!;
        // systemd names a unit without a description after itself.
        const expected = { description: description || `${names[index]}.service`, environment };
        const said = {
          description: found["Description"],
          environment: [...(found["Environment"] as string[])].toSorted(),
        };
        expect(said, `of ${JSON.stringify(bytes.toString("latin1"))}`).toEqual(expected);
      }
    } finally {
      await close();
    }
  },
);

async function openBus(root: string) {
  const { openLocalHost } = await import("../../src/host/local.ts");
  const host = await openLocalHost("system", { busPath: `${root}/run/dbus/system_bus_socket` });
  return { systemd: host.systemd, close: () => host.close() };
}
