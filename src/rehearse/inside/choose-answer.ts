import type { StubAnswer } from "./stub-plan.ts";

/** What is answered when nothing of the spec fits. */
export const defaultAnswer: StubAnswer = {
  method: null,
  path: "*",
  status: 200,
  headers: {},
  body: btoa("{}"),
};

/**
 * The first answer that fits a request; null when none does. A path with "*" at its end is a prefix. What is behind "?" counts
 * only for a path that has one. HEAD gets what GET would get.
 */
export function chooseAnswer(
  answers: readonly StubAnswer[],
  method: string,
  target: string,
): StubAnswer | null {
  const bare = target.split("?", 1)[0]!;
  return (
    answers.find(
      (answer) =>
        (answer.method === null ||
          answer.method === method ||
          (method === "HEAD" && answer.method === "GET")) &&
        fits(answer.path, answer.path.includes("?") ? target : bare),
    ) ?? null
  );
}

function fits(path: string, target: string): boolean {
  return path.endsWith("*") ? target.startsWith(path.slice(0, -1)) : target === path;
}
