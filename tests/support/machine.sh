# Boots a systemd over the cached root file system. Run by keeper.sh as
#
#   NAME DIR ROOT
#
# where NAME ($0) names the control groups and DIR takes all that is written.
set -euo pipefail
name=$0 dir=$1 lower=$2
mkdir "$dir/upper" "$dir/work" "$dir/root"
# nspawn keeps notes of its machines there, which nobody would clear away.
mount -t tmpfs tmpfs /run

# The cached root stays as it is: each machine writes into a layer of its own.
if ! mount -t overlay overlay "$dir/root" \
  -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work"; then
  echo "no overlay here, copying the root instead"
  cp -a --reflink=auto "$lower/." "$dir/root"
fi

# On a disk that is nearly full journald deletes its archived files at once; a test's journal stays whole.
mkdir -p "$dir/root/etc/systemd/journald.conf.d"
printf '[Journal]\nSystemKeepFree=1M\nRuntimeKeepFree=1M\n' >"$dir/root/etc/systemd/journald.conf.d/keep-free.conf"

# nspawn divides the control group it is in, so each machine needs its own.
# On a hybrid host there are two hierarchies that systemd cares about.
enter_group() {
  local hierarchy
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [[ -f $hierarchy/cgroup.procs ]] || continue
    mkdir -p "$hierarchy/$name"
    echo 0 >"$hierarchy/$name/cgroup.procs"
  done
}

boot() {
  enter_group
  # The guest sees cgroup v2 alone, as on a current server, whatever the host has.
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  exec systemd-nspawn --quiet --register=no --keep-unit --settings=no \
    --machine="$name" --hostname=openim-test --directory="$dir/root" \
    --private-network --link-journal=no --resolv-conf=off --timezone=off --boot
}

# With --keep-unit nspawn leaves a reboot to its service manager, by this status.
boot_and_reboot() {
  local status=133
  while [[ $status -eq 133 ]]; do
    status=0
    (boot) || status=$?
  done
}

exec 3<&0
boot_and_reboot </dev/null 3<&- >"$dir/console.log" 2>&1 &

# Either the guest powers off or the test lets go.
cat <&3 >/dev/null &
wait -n
