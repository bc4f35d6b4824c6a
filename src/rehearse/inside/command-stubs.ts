import { connect } from "node:net";
import { stubSocket, type StubCommand } from "./stub-plan.ts";

/** Has the stand-ins for the outside world do something; throws when they cannot, or are not there. */
export function commandStubs(command: StubCommand): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(stubSocket, () => socket.end(JSON.stringify(command)));
    socket
      .setEncoding("utf8")
      .setTimeout(10_000, () => socket.destroy(new Error("the stand-ins do not answer")));
    socket.on("data", (part: string) => (text += part)).once("error", reject);
    socket.once("end", () => {
      const answer = JSON.parse(text) as { error?: string };
      if (answer.error === undefined) resolve(answer);
      else reject(new Error(answer.error));
    });
  });
}
