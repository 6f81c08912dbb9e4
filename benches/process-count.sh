#!/bin/sh
# What people use today, as a shell script does it: count processes by the path of their program, and list the
# ports that they listen on. It asks nothing of what it finds. The second that `mage check` sleeps on success is
# left out here.
root=$1
status=0
running=$(readlink /proc/[0-9]*/exe 2>/dev/null)
while IFS=': ' read -r name expected; do
    count=$(echo "$running" | grep -c "^$root/_output/bin/platforms/.*/$name\$")
    [ "$count" -eq "$expected" ] || { echo "$name expected $expected processes, but $count running"; status=1; }
done <<END
$(sed -n 's/^  \(openim-.*\)/\1/p' "$root/start-config.yml")
END
ss -ltnp | grep openim-
exit $status
