import { join, resolve } from "node:path";
import { demonstrate } from "../rehearse/demo.ts";
import { exitCode } from "../report/diagnostic.ts";
import { holdfastProgram, type Session } from "./session.ts";

/** holdfast demo: what `npm start` shows a stranger. */
export async function runDemo(session: Session): Promise<number> {
  const { out } = session;
  const lines: string[] = [];
  const say = (text: string) => (out.json ? lines.push(text) : process.stdout.write(`${text}\n`));
  let scene = 0;
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const result = await demonstrate(
    resolve(holdfastProgram(), "../.."),
    {
      scene: (title) => say(`\n${out.style.strong(`${++scene}. ${title}`)}`),
      text: (text) => say(text.replace(/^/gm, "   ")),
      style: out.style,
    },
    interrupt.signal,
  );
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  const program = join(holdfastProgram());
  const next = [
    "",
    `All of it took ${(result.totalMillis / 1000).toFixed(1)} s, and the copy is gone. The same for a program of your own:`,
    "",
    `   cd /path/to/your/program && ${program} init`,
    `   sudo ${program} apply`,
    `   sudo ${program} rehearse`,
  ].join("\n");
  out.result({ ...result, told: lines }, next);
  return exitCode.done;
}
