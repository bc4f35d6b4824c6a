import { exitCode } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";
import { choosePrograms } from "./choose.ts";
import type { Session } from "./session.ts";

/** Properties that hold the values of variables, which may be secrets. */
const hidden = new Set(["Environment"]);

/** holdfast inspect: everything systemd says about a unit, unexplained. */
export async function runInspect(session: Session, names: readonly string[]): Promise<number> {
  const host = await session.host();
  const units = await Promise.all(
    (await choosePrograms(session, names)).map(async ({ service }) => {
      const all = Object.entries(await host.systemd.allProperties(service.unit)).filter(
        ([name]) => !hidden.has(name),
      );
      return {
        unit: service.unit,
        properties: Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1))),
      };
    }),
  );
  const text = units.map(({ unit, properties }) =>
    [
      session.out.style.strong(unit),
      ...Object.entries(properties).map(([name, value]) => `  ${name}=${printable(shown(value))}`),
    ].join("\n"),
  );
  session.out.result({ units }, text.join("\n"));
  return exitCode.done;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner));
}
