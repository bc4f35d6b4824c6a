import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MessageSplitter, messageType, writeCall, type Message } from "./dbus-message.ts";
import { completeTypes, WireReader, WireWriter } from "./dbus-wire.ts";

/** A type with a value of it; variants are written as [type, value] and read as the value. */
type Sample = { type: string; written: unknown; read: unknown };
const same = (type: string, values: fc.Arbitrary<unknown>) =>
  values.map((value): Sample => ({ type, written: value, read: value }));
const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", "").toWellFormed());

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    same("y", fc.nat(255)),
    same("b", fc.boolean()),
    same("i", fc.integer()),
    same("u", fc.nat(2 ** 31 - 1)),
    same("x", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
    same("t", fc.bigInt(0n, 2n ** 64n - 1n)),
    same("s", text),
    same("o", fc.constantFrom("/", "/org/a_2d")),
    same("g", fc.constantFrom("", "a{sv}", "(ii)")),
    tie("sample").map(({ type, written, read }) => ({ type: "v", written: [type, written], read })),
    fc.tuple(tie("sample"), fc.nat(3)).map(([{ type, written, read }, count]) => ({
      type: `a${type}`,
      written: Array(count).fill(written),
      read: Array(count).fill(read),
    })),
    fc.array(tie("sample"), { minLength: 1, maxLength: 4 }).map((inner) => ({
      type: `(${inner.map(({ type }) => type).join("")})`,
      written: inner.map(({ written }) => written),
      read: inner.map(({ read }) => read),
    })),
    fc
      .tuple(
        fc.dictionary(
          text.filter((key) => key !== "__proto__"),
          fc.nat(9),
          { noNullPrototype: true },
        ),
      )
      .map(([values]) => ({
        type: "a{sv}",
        written: Object.entries(values).map(([key, value]) => [key, ["u", value]]),
        read: values,
      })),
  ),
}));

test("what is written is read, and skipped to the same place", () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 6 }), (samples) => {
      const signature = samples.map(({ type }) => type).join("");
      expect(completeTypes(signature)).toEqual(samples.map(({ type }) => type));
      const bytes = new WireWriter()
        .values(
          signature,
          samples.map(({ written }) => written),
        )
        .done();
      const reader = new WireReader(bytes, true);
      expect(reader.values(signature)).toEqual(samples.map(({ read }) => read));
      expect(reader.at).toBe(bytes.length);
      const skipper = new WireReader(bytes, true);
      for (const type of completeTypes(signature)) skipper.skip(type);
      expect(skipper.at).toBe(bytes.length);
    }),
  );
});

test("a long list is written whole, wherever it passes the room that there was", () => {
  for (let before = 0; before < 24; before++) {
    const units = Array.from({ length: 400 }, (_, index) => `upto-1000-s${index}.service`);
    const sizes = units.map((_, index) => BigInt(index));
    const values = ["x".repeat(before), units, sizes, units.map((_, index) => index % 2 === 0)];
    const bytes = new WireWriter().values("sasatab", values).done();
    expect(new WireReader(bytes, true).values("sasatab")).toEqual(values);
  }
});

test("messages are found in a stream that is cut anywhere", () => {
  const call = fc.record({
    serial: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    member: fc.constantFrom("Get", "PropertiesChanged"),
    text: text,
  });
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 60 })),
      (calls, cuts) => {
        const fixed = { destination: "org.a", path: "/a", interface: "org.a.B", signature: "s" };
        const stream = Buffer.concat(
          calls.map(({ serial, member, text }) => writeCall({ ...fixed, serial, member, body: [text] })),
        );
        const splitter = new MessageSplitter();
        const found: Message[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = cuts.length === 0 ? stream.length : cuts[turn % cuts.length]!;
          found.push(...splitter.add(stream.subarray(at, at + size)));
          at += size;
        }
        const seen = found.map(({ serial, member, signature, body, type, path }) => ({
          serial,
          member,
          type,
          path,
          text: body.values(signature)[0],
        }));
        expect(seen).toEqual(calls.map((one) => ({ ...one, type: messageType.call, path: "/a" })));
      },
    ),
  );
});

test("only the wanted keys of a dictionary are read, and what follows it all the same", () => {
  const entries = [
    ["Id", ["s", "a.service"]],
    ["Names", ["as", ["a", "b"]]],
    ["NRestarts", ["u", 7]],
  ];
  const bytes = new WireWriter().values("sa{sv}as", ["x", entries, ["late"]]).done();
  const read = new WireReader(bytes, true).values("sa{sv}as", new Set(["NRestarts"]));
  expect(read).toEqual(["x", { NRestarts: 7 }, ["late"]]);
});

test("whatever bytes come, reading ends: with values or with an error", () => {
  const signature = fc.constantFrom("a{sv}", "aas", "v", "sa{sv}as", "a(ssb)", "g", "(yv)");
  fc.assert(
    fc.property(signature, fc.uint8Array({ maxLength: 200 }), (types, bytes) => {
      const reader = new WireReader(Buffer.from(bytes), true);
      try {
        reader.values(types);
      } catch (error) {
        expect((error as Error).constructor.name).toMatch(/MalformedMessage|RangeError/);
      }
    }),
    { numRuns: 2000 },
  );
});

test("an array whose elements take no room is refused, and does not run for ever", () => {
  const endless = new WireWriter().values("u", [4096]).done();
  expect(() => new WireReader(endless, true).values("ay")).toThrow("longer than its message");
});
