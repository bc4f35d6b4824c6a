import type { Host } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Diagnostic, Place } from "../report/diagnostic.ts";
import { parseEnvFile } from "../spec/env-file.ts";

/** Environment files as systemd will read them: present, clean, closed to others, with every required and asserted value. */
export async function checkEnv(host: Host, service: DesiredService, systemd: number): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  const names = new Set(service.setEnv);
  const asserted = new Set(Object.keys(service.assertedEnv));
  for (const file of service.envFiles) {
    const text = await host.files.read(file);
    const stat = await host.files.stat(file);
    if (text === null || stat === null) {
      found.push({
        severity: "error",
        code: "preflight/no-env-file",
        summary: `Cannot find the environment file ${file} of service "${service.name}"`,
        detail: "the service would not start, with Result=resources",
        fix: `make it: install -m 0600 /dev/null ${file}`,
      });
      continue;
    }
    const env = parseEnvFile(text, file, { systemd });
    found.push(...env.diagnostics);
    for (const name of env.values.keys()) {
      if (service.setEnv.includes(name)) {
        found.push({
          severity: "error",
          code: "env/set-twice",
          summary: `${name} is set both in ${file} and in env.set of service "${service.name}"`,
          at: env.values.get(name)!.at,
          detail: "the file would win, silently, over what the spec says",
          fix: "keep one of the two",
        });
      }
      // An empty value is as good as none to a program that requires it.
      if (env.values.get(name)!.value !== "") names.add(name);
    }
    found.push(...checkEnvMode(file, stat.mode, stat.uid));
    if (service.job !== null && host.scope === "system" && stat.uid !== 0)
      found.push(notRoots(file, service));
    for (const [name, { value, at }] of env.values) {
      const wanted = service.assertedEnv[name];
      if (wanted !== undefined && wanted !== value) found.push(wrongValue(service, name, wanted, at));
    }
    for (const name of Object.keys(service.assertedEnv)) asserted.delete(env.values.has(name) ? name : "");
  }
  for (const name of asserted) {
    if (!service.setEnv.includes(name)) found.push(wrongValue(service, name, service.assertedEnv[name]!));
  }
  const missing = service.requiredEnv.filter((name) => !names.has(name));
  if (missing.length > 0) {
    found.push({
      severity: "error",
      code: "env/missing",
      summary: `Service "${service.name}" has no value for ${missing.join(", ")}`,
      fix:
        service.envFiles.length > 0
          ? `add to ${service.envFiles[0]}: ${missing[0]}=...`
          : "add env.file or env.set",
    });
  }
  return found;
}

/** The found value is not shown: it may be a secret that was put under the wrong name. */
function wrongValue(service: DesiredService, name: string, wanted: string, at?: Place): Diagnostic {
  return {
    severity: "error",
    code: "env/asserted",
    summary: `${name} of "${service.name}" must be ${JSON.stringify(wanted)}, and it is ${at ? "something else" : "not set"}`,
    ...(at ? { at } : {}),
    detail: "the spec says so in env.assert; nothing starts with another value",
    fix: `${name}=${wanted}`,
  };
}

/** Root's gate starts with these variables around it, so only root may decide them. */
function notRoots(file: string, service: DesiredService): Diagnostic {
  return {
    severity: "error",
    code: "env/owner",
    summary: `The environment file ${file} of job "${service.name}" does not belong to root`,
    detail: "systemd reads it as root; whoever owns it could steer what root runs before the job",
    fix: `chown root: ${file} && chmod 600 ${file}`,
  };
}

function checkEnvMode(file: string, mode: number, uid: number): Diagnostic[] {
  const shown = `0${mode.toString(8)}`;
  if ((mode & 0o022) !== 0) {
    return [
      {
        severity: "error",
        code: "env/writable",
        summary: `The environment file ${file} may be changed by others than its owner (mode ${shown})`,
        detail: "whoever can write it decides what the service runs with",
        fix: `chmod 600 ${file}`,
      },
    ];
  }
  if ((mode & 0o004) !== 0) {
    return [
      {
        severity: "error",
        code: "env/readable",
        summary: `Every account on the host may read the environment file ${file} (mode ${shown})`,
        detail: "systemd reads it as root, so the service gets its values all the same",
        fix: `chmod 600 ${file}${uid === 0 ? "" : ` && chown root: ${file}`}`,
      },
    ];
  }
  return [];
}
