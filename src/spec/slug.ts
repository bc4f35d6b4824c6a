/** The nearest name that the spec accepts for an application or a service; empty when nothing of the text can be kept. */
export function slugOf(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-\d]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
}
