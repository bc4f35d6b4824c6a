import { Refusal, type Means } from "./means.ts";

/** An address that the settings give. Throws Refusal when it is none. */
export function address(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Refusal("the address in the settings is no http:// or https:// address");
  return new URL(text);
}

/** An address that is a secret itself, as incoming webhooks are: whoever knows it may write there. */
export function secretAddress(means: Means, id: string): URL {
  const text = means.secret(id);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Refusal(`the credential ${id} holds no http:// or https:// address`);
  const url = new URL(text);
  means.hide(url.href, url.pathname, url.search, url.username, url.password);
  means.hide(...url.pathname.split("/").filter((part) => part.length >= 8), ...url.searchParams.values());
  return url;
}

/** The same path and query at another base address, where one is given. */
export function moved(url: URL, api: string | null): URL {
  return api === null ? url : below(api, `${url.pathname}${url.search}`);
}

/** An address below a base address. */
export function below(base: string, path: string): URL {
  return address(`${base.replace(/\/$/, "")}${path}`);
}
