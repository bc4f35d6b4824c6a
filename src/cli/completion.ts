import { exitCode } from "../report/diagnostic.ts";
import type { Session } from "./session.ts";

/** What a shell needs to ask holdfast itself: the words up to the cursor, after --, so that none of them acts. */
export const stubs: Readonly<Record<string, string>> = {
  bash: `# holdfast completion bash > /etc/bash_completion.d/holdfast
_holdfast() {
  mapfile -t COMPREPLY < <(holdfast __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _holdfast holdfast
`,
  zsh: `#compdef holdfast
# holdfast completion zsh > "\${fpath[1]}/_holdfast"
_holdfast() {
  local -a found
  found=("\${(@f)$(holdfast __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
compdef _holdfast holdfast
`,
  fish: `# holdfast completion fish > ~/.config/fish/completions/holdfast.fish
function __holdfast_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (holdfast __complete -- $words[2..] 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c holdfast -f -a '(__holdfast_complete)'
`,
};

/** holdfast completion: the few lines that connect a shell. */
export async function runCompletion(session: Session, shell: string): Promise<number> {
  session.out.result({ shell, script: stubs[shell] }, stubs[shell]!);
  return exitCode.done;
}
