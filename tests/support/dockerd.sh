# Runs a private dockerd. Run by keeper.sh as
#
#   NAME DIR
#
# in a network namespace of its own, so that the default bridge, published
# ports and iptables work as usual and touch nothing outside.
set -euo pipefail
name=$0 dir=$1
# Hides a containerd and a docker of the host, which dockerd would join.
mount -t tmpfs tmpfs /run
ip link set lo up
# runc and containerd leave files there.
export TMPDIR=$dir/tmp
mkdir "$TMPDIR"

exec 3<&0
dockerd --config-file "$dir/daemon.json" --host "unix://$dir/docker.sock" \
  --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/dockerd.pid" \
  --cgroup-parent "/$name" </dev/null 3<&- >"$dir/dockerd.log" 2>&1 &

# Either dockerd gives up or the test lets go.
cat <&3 >/dev/null &
wait -n
