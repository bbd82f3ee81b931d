# shellcheck shell=bash
# instance - the process that everything of one lab hangs on.
#
# It is pid 1 of a PID namespace in which all hosts live, each in one of its own below, and it holds the network
# namespace with the bridge. Hosts keep their files in a tmpfs of their own mount namespace. So ending
# this one process ends every process, mount and network of the lab, and nothing needs to be found by name.

instance_file=$lab_state/instance
instance_pid() { alive "$instance_file"; }

instance_start() {
	local base
	base=$(rootfs_dir base)
	mkdir -p "$lab_state"/{hosts,log,broken}
	chmod 0700 "$lab_state"
	: >>"$base.lock"
	setsid unshare --net -- "$lab_dir/lib/instance-start" "$instance_file" "$base" \
		</dev/null >"$lab_state/log/instance" 2>&1 9>&-
	until_true 60 instance_pid >/dev/null || die "the instance didn't start: $(cat "$lab_state/log/instance")"
}

# What a killed run left is ended in the same way.
instance_end() {
	local pid
	if pid=$(instance_pid); then
		kill -KILL "$pid"
		until_true 30 is_gone "$pid" || die "instance '$LAB' (pid $pid) doesn't end"
	fi
	rm -rf --one-file-system "$lab_state"
}

# The instance is whole once `up` has said so; the file holds the number of plain hosts.
instance_is_up() {
	[[ -e $lab_state/up ]] && instance_pid >/dev/null
}
need_instance() {
	check_root
	instance_is_up || die "instance '$LAB' is not up (lab up)"
}
