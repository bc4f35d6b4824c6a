import { splitWords } from "../../unit/words.ts";
import { hideShapes } from "../../value/secret-shapes.ts";
import { assignedName, atName, environments } from "../assignments.ts";
import { inForce } from "../in-force.ts";
import type { Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Secrets in units. No finding holds or marks one. */
export const secretRules: readonly Rule[] = [
  {
    id: "secret-in-unit",
    level: "risky",
    reason: "whoever may log in reads Environment= with systemctl show",
    happens: "the secret is open to every user of the host, and to every child of the program",
    source: "systemd.exec(5), Environment=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=API_TOKEN=0123456789abcdef0123\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nLoadCredential=token:/etc/bot/token\nEnvironment=API_TOKEN_FILE=%d/token KEYMAP=de TOKEN_TTL=3600\n",
    *check(unit) {
      for (const setting of environments(inForce(unit)))
        for (const word of splitWords(withoutComment(setting)).words) {
          const name = assignedName(word.text);
          if (name === null || !holdsSecret(name, word.text.slice(name.length + 1))) continue;
          yield {
            ...atName(setting, word, name),
            says: `${name} looks like a secret, and stands in the unit`,
            fix: "keep it in a credential (LoadCredential=), or in an EnvironmentFile= of mode 0600",
          };
        }
    },
  },
];

function holdsSecret(name: string, value: string): boolean {
  if (value.length < 6 || /^(\/|%[A-Za-z](\/|$)|\$|\d+$|https?:\/\/[^@]*$)/.test(value)) return false;
  if (
    /_(FILE|PATH|DIR|SOCK|SOCKET|TTL|TIMEOUT|URL|NAME|ID|HELPER|COMMAND|LENGTH|SIZE)$/.test(name) &&
    !/:\/\/[^/]*@/.test(value)
  )
    return false;
  return hideShapes(`${name}=${value}`).count > 0;
}
