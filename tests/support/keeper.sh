# Keeps a private world alive until standard input closes, then leaves nothing.
#
#   keeper.sh NAME DIR NAMESPACES SCRIPT [ARGUMENT]...
#
# The script runs as process 1 of its own PID namespace, so everything it
# starts, daemons and all, ends with it; its mounts lie in its own mount
# namespace and end too. What the kernel does not clear away is cleared here:
# the control groups called NAME, and DIR. As the test holds the other end of
# standard input, all this happens also when the test is killed.
set -u
name=$1 dir=$2 namespaces=$3 script=$4
shift 4

# $namespaces is a list of options, hence not quoted.
# shellcheck disable=SC2086
unshare --mount --pid --fork --kill-child --mount-proc $namespaces \
  bash -c "$script" "$name" "$dir" "$@" >"$dir/keeper.log" 2>&1
echo "$?" >"$dir/ended"

# The log stays readable for the test until it lets go.
cat >/dev/null

for group in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
  [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} +
done
rm -rf --one-file-system "$dir"
