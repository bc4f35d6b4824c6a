import { itemsOf, textOf, entry, type DataNode } from "../data/node.ts";
import type { Variable } from "../environment.ts";
import type { Dropped } from "../imported.ts";
import type { Pm2App } from "./read-apps.ts";

/** What a login puts into every environment; pm2 save keeps all of it. */
const ofLogin =
  /^(HOME|USER|USERNAME|LOGNAME|SHELL|PWD|OLDPWD|TERM|TERM_\w+|COLORTERM|MAIL|SHLVL|_|LS_COLORS|LESS\w*|LANG|LANGUAGE|LC_\w+|HOSTNAME|HOSTTYPE|SSH_\w+|XDG_\w+|DBUS_\w+|DISPLAY|WAYLAND_DISPLAY|GPG_\w+|SUDO_\w+|PM2_\w+|PM2|NVM_\w+|npm_\w+|NODE_APP_INSTANCE|unique_id|name|pm_id|windowsHide|instance_var|status|version|unstable_restarts|axm_\w+|km_link|created_at|restart_time|vizion_running|prev_restart_delay|exit_code|node_version|HISTCONTROL|PS1|EDITOR|PAGER|VISUAL|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_\w+|MEMORY_PRESSURE_\w+)$/;

export type Pm2Env = {
  variables: Variable[];
  required: { name: string; at: DataNode["at"]; from: string }[];
  files: { path: string; why: string; at: DataNode["at"] }[];
  dropped: Dropped[];
};

/** The environment of an application, or of one of its env_NAME. */
export function envOf({ node, dumped }: Pm2App, key = "env"): Pm2Env {
  const found: Pm2Env = { variables: [], required: [], files: [], dropped: [] };
  const written = entry(node, key);
  if (written?.kind === "map")
    for (const [name, value] of written.entries) {
      if (dumped && (ofLogin.test(name) || value.kind !== "scalar" || name === textOf(entry(node, "name"))))
        continue;
      addVariable(found, name, value);
    }
  else if (written && written.kind !== "scalar")
    found.dropped.push({
      at: written.at,
      what: `${key}: ${written.kind === "dynamic" ? written.text.split("\n")[0] : ""}`,
      why: "only running the file would tell it, and nothing is run",
      todo: "write the variables under env: { set: ... }",
    });
  if (key !== "env") return found;
  for (const file of itemsOf(entry(node, "env_file"))) {
    const path = textOf(file);
    if (path !== undefined)
      found.files.push({
        path,
        why: "env_file; systemd reads it by its own rules, and apply checks it",
        at: file.at,
      });
  }
  return found;
}

function addVariable(found: Pm2Env, name: string, value: DataNode): void {
  if (value.kind === "scalar") {
    if (value.value !== null) found.variables.push({ name, value: String(value.value), at: value.at });
    return;
  }
  const text = value.kind === "dynamic" ? value.text : "";
  if (value.kind === "dynamic" && /^process\.env(\.\w+|\[["']\w+["']\])$/.test(text))
    found.required.push({ name, at: value.at, from: text });
  else if (value.kind === "dynamic" && /^[A-Za-z_$][\w$.]*$/.test(text))
    found.required.push({ name, at: value.at, from: `${text} of the ecosystem file` });
  else
    found.dropped.push({
      at: value.at,
      what: `${name}: ${text.split("\n")[0]}`,
      why: "only running the file would tell it, and nothing is run",
      todo: `write it under env: { set: { ${name}: ... } }`,
    });
}

/** Names of the environments that an application declares: env_production is "production". */
export function environmentsOf({ node }: Pm2App): string[] {
  return [...node.entries.keys()].flatMap((key) =>
    key.startsWith("env_") && key !== "env_file" ? [key.slice(4)] : [],
  );
}
