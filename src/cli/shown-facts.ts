import { shapesMask, type AppMask } from "../observe/app-mask.ts";
import { withoutSecrets } from "../observe/evidence-texts.ts";
import type { ReviewFacts } from "../tell/review-facts.ts";

/**
 * Facts as they may be handed on. When nobody knows what must not be shown, the words of programs are left out; people's own
 * words stay, without what looks like a secret.
 */
export function shownFacts(facts: ReviewFacts, mask: AppMask | null): ReviewFacts {
  const { answers, actions, duties, changed, evidence } = facts;
  const own = withoutSecrets({ answers, actions, duties, changed }, mask ?? shapesMask).facts;
  // A manifest is shown as it was written: its hashes are of that.
  return { ...withoutSecrets(facts, mask).facts, ...own, evidence };
}
