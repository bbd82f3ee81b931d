# shellcheck shell=bash
# common - where things are, and how the lab speaks.

LAB=${LAB:-lab}
lab_root=/var/tmp/certpush-lab
lab_state=$lab_root/$LAB
share=$lab_state/share # what the control side may use: keys, roots, the old store, a control directory

say() { printf 'lab: %s\n' "$*"; }
complain() { printf 'lab: %s\n' "$*" >&2; }
die() {
	complain "$*"
	exit 1
}
usage() {
	complain "$*"
	exit 2
}

check_instance_name() {
	case $LAB in
	'' | *[!a-z0-9_-]* | ????????????????????????????????*)
		usage "LAB: '$LAB' is not an instance name (a-z, 0-9, - and _, at most 31)" ;;
	esac
}

# One change of an instance at a time. The lock is on fd 9; what is started in a host must not inherit it.
lock_instance() {
	mkdir -p "$lab_root"
	exec 9>"$lab_root/.$LAB.lock"
	flock -w 120 9 || die "another command has held instance '$LAB' for two minutes"
}
