import { listOf } from "../host/properties.ts";
import { exitCode } from "../report/diagnostic.ts";
import { choosePrograms } from "./choose.ts";
import type { Session } from "./session.ts";

const forward = ["Requires", "Wants", "After"] as const;
const backward = ["RequiredBy", "WantedBy", "Before"] as const;

type Links = { unit: string; [link: string]: readonly string[] | string };

/** holdfast graph: what a service depends on and what depends on it, as systemd has it loaded. */
export async function runGraph(session: Session, names: readonly string[]): Promise<number> {
  const host = await session.host();
  const services = await Promise.all(
    (await choosePrograms(session, names)).map(async ({ service: { unit } }): Promise<Links> => {
      const found = await host.systemd.properties(unit, [...forward, ...backward]);
      const links = [...forward, ...backward].map((name) => [name, listOf(found, name).toSorted()] as const);
      return { unit, ...Object.fromEntries(links) };
    }),
  );
  const text = services.map((service) =>
    [
      session.out.style.strong(service.unit),
      ...Object.entries(service).flatMap(([name, list]) =>
        Array.isArray(list) && list.length > 0 ? [`  ${name.padEnd(11)} ${list.join(" ")}`] : [],
      ),
    ].join("\n"),
  );
  session.out.result({ services }, text.join("\n"));
  return exitCode.done;
}
