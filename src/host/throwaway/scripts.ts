/**
 * The holder: PID 1 of an outer PID namespace, in a private mount namespace of its own. It keeps the file systems
 * of the host between boots; when it dies the kernel ends every process of the host and frees every mount.
 * Environment: BASE, SIZE, LOWER, START, JOIN, INIT, and lines: LAYERS, FILES, EMPTY, FLAGS ("flags path") and VISIBLE.
 * Commands on 0, reports on 3 (the step that it is at, so that a failure can be named), console on 1 and 2.
 */
export const holderScript = `
set -eu
read -r pid rest < /proc/self/stat
echo "step memory" >&3
mount -t tmpfs -o "size=$SIZE,mode=755" holdfast-throwaway "$BASE"
mkdir "$BASE/root" "$BASE/layers"
# Its own name for what lies below: the options of mount(8) take no path with a comma or a colon.
layer() {
  echo "step layer $1" >&3
  number=$((number + 1)); dir="$BASE/layers/$number"
  mkdir "$dir" "$dir/lower" "$dir/upper" "$dir/work"
  chown --reference="$1" "$dir/upper"; chmod --reference="$1" "$dir/upper"
  mount --bind "$1" "$dir/lower" && mkdir -p "$BASE/root$2" &&
  mount -t overlay -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work,redirect_dir=on" holdfast-throwaway "$BASE/root$2"
}
number=0
layer "$LOWER" ""
while IFS= read -r point; do
  [ -n "$point" ] || continue
  layer "$point" "$point" || {
    # A file system that cannot lie below an overlay, such as vfat.
    mount --bind "$point" "$BASE/root$point"; mount -o remount,bind,ro "$BASE/root$point"
    echo "read-only $point" >&3
  }
done <<LINES
$LAYERS
LINES
echo "step files" >&3
while IFS= read -r path; do
  [ -n "$path" ] || continue
  mkdir -p "$BASE/root\${path%/*}"; cp --preserve --remove-destination "$path" "$BASE/root$path"
done <<LINES
$FILES
LINES
number=0
while IFS= read -r path; do
  [ -n "$path" ] && [ -d "$BASE/root$path" ] || continue
  number=$((number + 1)); dir="$BASE/empty-$number"
  mkdir "$dir"; chown --reference="$BASE/root$path" "$dir"; chmod --reference="$BASE/root$path" "$dir"
  mount --bind "$dir" "$BASE/root$path"
done <<LINES
$EMPTY
LINES
echo "step namespaces" >&3
echo "holder $pid" >&3
while read -r command cgroups; do
  [ "$command" = boot ] || exit 1
  status=129
  while [ "$status" = 129 ]; do
    status=0
    CGROUPS="$cgroups" script --quiet --flush --return --command "$START" /dev/null < /dev/null || status=$?
    echo "ended $status" >&3
  done
done
`;

/** A line for the shell of script(1), which lends the host a terminal as its console: without one, an early death is silent. */
export const startScript = `exec unshare --mount --pid --uts --ipc --net --fork --kill-child sh -c "$JOIN" join`;

/** Joins the control groups and makes them the root, without taking unshare(1) along: systemd would see its number as 0. */
export const joinScript = `
set -eu
for dir in $CGROUPS; do echo 0 > "$dir/cgroup.procs"; done
exec unshare --cgroup sh -c "$INIT" init
`;

/**
 * The first process of one boot: lays out /proc, /sys, /dev, /run and /tmp, moves into the tree and becomes systemd.
 * Environment as above and CGROUP_MOUNTS (lines of "directory type options"; "." is /sys/fs/cgroup itself).
 */
export const initScript = `
set -eu
root="$BASE/root"
read -r pid rest < /proc/self/stat
echo "init $pid" >&3
exec 3>&-
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for path in "$root/proc/sys" "$root/proc/sysrq-trigger"; do
  [ -e "$path" ] || continue
  mount --bind "$path" "$path"; mount -o remount,bind,ro "$path"
done
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"; mount -o remount,bind,rw "$root/proc/sys/net"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
[ "$CGROUP_ROOT" = unified ] || mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs "$root/sys/fs/cgroup"
while read -r dir type options; do
  [ -n "$dir" ] || continue
  mkdir -p "$root/sys/fs/cgroup/$dir" 2> /dev/null || :
  mount -t "$type" -o "nosuid,nodev,noexec\${options:+,$options}" "$type" "$root/sys/fs/cgroup/$dir"
done <<LINES
$CGROUP_MOUNTS
LINES
for controller in $CGROUP_LINKS; do ln -s "\${controller#*:}" "$root/sys/fs/cgroup/\${controller%%:*}"; done
mount -t tmpfs -o mode=755,nosuid,size=1M tmpfs "$root/dev"
while read -r node numbers; do
  mknod -m 666 "$root/dev/$node" c $numbers || { touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; }
done <<LINES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
LINES
touch "$root/dev/console"; mount --bind "$(tty)" "$root/dev/console"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$SIZE" tmpfs "$root/dev/shm"
mount -t tmpfs -o "mode=755,nosuid,nodev,size=$SIZE" tmpfs "$root/run"
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$SIZE" tmpfs "$root/tmp"
# Or the journal could not tell one boot from the next: the kernel has one id for all.
cat /proc/sys/kernel/random/uuid > "$root/run/boot-id"
mount --bind "$root/run/boot-id" "$root/proc/sys/kernel/random/boot_id"
mount -o remount,bind,ro "$root/proc/sys/kernel/random/boot_id"
rm "$root/run/boot-id"
# Not recursive: what is mounted further below would stay writable.
while IFS= read -r path; do
  [ -n "$path" ] || continue
  mkdir -p "$root$path"; mount --bind "$path" "$root$path"; mount -o remount,bind,ro "$root$path"
done <<LINES
$VISIBLE
LINES
while read -r flags point; do
  [ -z "$flags" ] || mount -o "remount,bind,$flags" "$root$point"
done <<LINES
$FLAGS
LINES
cd "$root"
mkdir -p run/outer
pivot_root . run/outer
umount -l /run/outer
rmdir /run/outer
{ ulimit -S -n 1024 && ulimit -H -n 524288; } 2> /dev/null || :
# Without a shared root every LoadCredential= service sees an empty directory.
mount --make-rshared /
exec env -i container=holdfast TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
  setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-mknod /usr/lib/systemd/systemd --system
`;

/** Joins the control groups of the host and then its namespaces: COUNT DIRECTORY... PROGRAM ARGUMENT... */
export const enterScript = `
count=$1; shift
while [ "$count" -gt 0 ]; do echo 0 > "$1/cgroup.procs"; shift; count=$((count - 1)); done
exec "$@"
`;
