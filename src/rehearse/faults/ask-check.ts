import type { Scene } from "../fault.ts";

/** What holdfast health says of one check, asked now. */
export async function askCheck(
  { subject, stage }: Scene,
  id: string,
): Promise<{ result: string; says: string }> {
  const { stdout } = await stage.holdfast("--json", "health", `${subject.app}/${subject.name}`);
  const { checks_performed: checks } = JSON.parse(stdout) as {
    checks_performed: { name: string; result: string; says: string }[];
  };
  return checks.find(({ name }) => name === id) ?? { result: "not asked", says: "" };
}
