/** What an address may hold that is not to be shown: user, password, the query; for a secret address its path and host, too. */
export function secretsOf(url: URL, all: boolean): string[] {
  const open = [
    url.username,
    url.password,
    url.search.slice(1),
    ...url.searchParams.values(),
    url.hash.slice(1),
  ];
  const closed = all ? [url.href, url.host, url.hostname, url.pathname, ...url.pathname.split("/")] : [];
  const written = [...open, ...closed].filter((part) => part.length >= shortest);
  const decoded = written.map(decode);
  return [...new Set([...written, ...decoded])].sort((a, b) => b.length - a.length);
}

/** Shorter parts, such as "v2", are everywhere. */
const shortest = 4;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Takes secrets out of the words of another program, and keeps them short. */
export function quoted(text: string, secrets: readonly string[], longest = 80): string {
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[hidden]"), text);
  return clean.length > longest ? `${clean.slice(0, longest)}...` : clean;
}
