import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localUnitSource } from "../src/host/unit-source.ts";
import { isError } from "../src/lint/lint.ts";
import { lintPaths } from "../src/lint/lint-paths.ts";
import { bootUnitLoader } from "../src/rehearse/equivalence/load-units.ts";
import { importAll, proveAll, report as reportProof } from "../test/story/prove-units.ts";
import { levelWords, toJson } from "../src/lint/report.ts";

// npm run bench:debian: lint on the units of Debian's own packages, those installed here and a sample that is fetched. Every
// finding at an error level is printed, to be looked at: each has to be true, and there may be 2 % of them. Then each fetched
// unit is imported, and systemd is asked whether it is still the same.

/** Small packages with units, of all kinds; what is not in the archive any more is passed over. */
const packages =
  "tinyproxy rng-tools5 anacron earlyoom systemd-cron haveged tomcat10 at acpid greylistd beanstalkd rpcbind irqbalance openntpd snmpd logrotate unattended-upgrades systemd-timesyncd dnsmasq systemd-oomd watchdog radvd nftables cron redis-server lxcfs spamd incron upower avahi-daemon wireguard-tools tlp systemd-journal-remote vnstat nginx-common certbot libvirt-daemon-system gearman-job-server tuned vsftpd munin-node nfs-kernel-server minidlna clamav-freshclam ufw shadowsocks-libev linuxptp postgresql-common krb5-kdc atop opendkim stunnel4 memcached strongswan-starter clamav-daemon auditd ngircd apache2 transmission-daemon thermald bind9 nfs-common chrony systemd-resolved ntpsec qemu-guest-agent lighttpd cups-daemon coturn nagios-nrpe-server firewalld gpsd prosody udisks2 mosquitto pacemaker rsync mdadm systemd-container fail2ban openssh-server iwd corosync kea-dhcp4-server nsd knot keepalived e2fsprogs smartmontools sysstat packagekit apparmor freeradius privoxy openvpn zabbix-agent open-vm-tools".split(
    " ",
  );

const place = mkdtempSync(join(tmpdir(), "holdfast-debian-"));
try {
  const fetched = fetchUnits();
  report("installed here and fetched", ["/usr/lib/systemd/system", fetched]);
  await proveUnits(fetched);
} finally {
  rmSync(place, { recursive: true });
}

function fetchUnits(): string {
  const archives = join(place, "archives");
  const units = join(place, "units");
  mkdirSync(archives);
  // apt drops its privileges to download.
  chmodSync(place, 0o755);
  chmodSync(archives, 0o777);
  const known = new Set(spawnSync("apt-cache", ["pkgnames"], { encoding: "utf8" }).stdout.split("\n"));
  const wanted = packages.filter((name) => known.has(name));
  spawnSync("apt-get", ["download", "-qq", ...wanted], { cwd: archives, stdio: "ignore" });
  const files = readdirSync(archives).filter((file) => file.endsWith(".deb"));
  for (const file of files) {
    const target = join(units, file.split("_")[0]!);
    mkdirSync(target, { recursive: true });
    spawnSync("dpkg-deb", ["-x", join(archives, file), target]);
  }
  console.log(`\n${files.length} of ${packages.length} packages were fetched`);
  return units;
}

/** Whether an import of the fetched units is shown to change nothing: each is loaded as it is and as it becomes. */
async function proveUnits(fetched: string): Promise<void> {
  const loader = await bootUnitLoader();
  try {
    const systemd = await loader.version();
    let [same, all] = [0, 0];
    for (const name of readdirSync(fetched)) {
      for (const directory of ["lib/systemd/system", "usr/lib/systemd/system"]) {
        const units = importAll(join(fetched, name, directory), [join(fetched, name, directory)], systemd);
        if (units.installed === 0) continue;
        all += units.installed;
        same += reportProof(name, units, await proveAll(units, systemd, loader));
      }
    }
    console.log(`\n${same} of ${all} fetched units are shown to be the same after an import`);
  } finally {
    await loader.close();
  }
}

function report(title: string, paths: readonly string[]): void {
  const { units, found } = lintPaths({
    paths,
    scope: "system",
    systemd: 252,
    source: localUnitSource,
    places: [],
  });
  const errors = found.filter(({ level }) => isError(level));
  const affected = new Set(errors.map(({ unit }) => unit)).size;
  const share = (100 * affected) / units.length;
  console.log(
    `\nUnits of Debian, ${title}: ${units.length}; with a finding at an error level: ${affected} (${share.toFixed(1)} %, at most 2 %: ${share <= 2 ? "met" : "NOT MET"}); risky findings: ${found.length - errors.length}`,
  );
  for (const one of errors.map(toJson))
    console.log(
      `  ${one.file.replace(place, "")}:${one.line} ${levelWords[one.level]}: ${one.says} [${one.rule}]`,
    );
}
