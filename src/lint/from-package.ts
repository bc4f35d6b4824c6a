/**
 * Whether a unit came with a package. Those who wrote it know the program, and its user cannot change it: what is merely
 * unwise is told of one's own units only.
 */
export function fromPackage(path: string): boolean {
  return /^(\/usr)?\/lib\/systemd\//.test(path);
}
