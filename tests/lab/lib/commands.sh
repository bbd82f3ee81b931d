# shellcheck shell=bash
# commands - what `lab` can be asked for; one function each.

# All hosts of the instance, home first.
lab_hosts() {
	local plain n
	printf '%s\n' "${servers[@]}"
	plain=$(cat "$lab_state/plain")
	for ((n = 1; n <= plain; n++)); do echo "plain$n"; done
	if [[ -e $lab_state/zoo ]]; then echo zoo; fi
}

cmd_up() {
	local plain=${1-0} begin=$EPOCHREALTIME
	[[ $# -le 1 && $plain =~ ^[0-9]+$ && $plain -le $max_plain ]] || usage "up: not a number of plain hosts, 0 to $max_plain: '$*'"
	check_machine
	rootfs_build base
	lock_instance
	if is_up_with "$plain"; then
		say "instance '$LAB' is up already"
		return
	fi
	instance_end
	trap up_failed EXIT
	up_all "$plain"
	trap - EXIT
	say "instance '$LAB' is up: ${servers[*]} and $plain plain hosts, in $(seconds_since "$begin") s"
}

is_up_with() {
	local host
	instance_is_up && [[ $(cat "$lab_state/plain") == "$1" ]] || return 1
	for host in $(lab_hosts); do host_is_up "$host" || return 1; done
}

up_all() {
	local plain=$1 host
	instance_start
	mkdir -p "$share"
	echo "$plain" >"$lab_state/plain"
	hosts_file >"$share/hosts"
	resolv_conf >"$share/resolv.conf"
	pki_make
	hosts_furnish_common
	for host in $(lab_hosts); do { host_furnish "$host" && host_start "$host"; } & done
	wait
	for host in $(lab_hosts); do
		until_true 60 host_is_up "$host" || die "$host didn't start: $(cat "$lab_state/log/$host")"
	done
	control_make "$plain"
	# shellcheck disable=SC2046 # words
	ready_wait $(lab_hosts)
	ca_fetch_roots
	: >"$lab_state/up"
}

# What it was just at, if it has said nothing yet.
blame=

up_failed() {
	trap - EXIT
	if [[ $blame ]]; then tail -n 5 "$blame" >&2; fi
	instance_end
	complain 'up failed; nothing of it is left'
	exit 1
}

seconds_since() {
	local ms=$(((${EPOCHREALTIME/./} - ${1/./}) / 1000))
	printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# One more host in an instance that is up, so that whoever doesn't need it doesn't wait for it.
cmd_zoo() {
	local begin=$EPOCHREALTIME
	[[ $# == 0 ]] || usage 'zoo: and nothing else'
	need_instance
	rootfs_build zoo
	lock_instance
	if [[ -e $lab_state/zoo ]] && host_is_up zoo; then
		say "zoo is up already"
		return
	fi
	host_end zoo
	exec 7<>"$(rootfs_dir zoo).lock"
	flock -s 7 # held by the host's processes from now on
	zoo_up
	exec 7>&-
	say "zoo is up, in $(seconds_since "$begin") s"
}

zoo_up() {
	[[ -e $share/store/$zoo_certificate ]] || pki_add "$zoo_certificate" "$zoo_certificate"
	{ host_furnish zoo && host_start zoo && until_true 60 host_is_up zoo; } || die "zoo didn't start: $(cat "$lab_state/log/zoo")"
	ready_wait zoo
	: >"$lab_state/zoo"
	known_hosts >"$share/known_hosts"
}

cmd_down() {
	check_root
	lock_instance
	instance_end
	rm -f "$lab_root/.$LAB.lock"
}

cmd_status() {
	local host
	if ! instance_is_up; then
		say "instance '$LAB' is not up"
		return 1
	fi
	for host in $(lab_hosts); do
		printf '%-10s %-12s %-40s %s\n' "$host" "$(host_v4 "$host")" "$(host_roles "$host")" "$(host_state "$host")"
	done
}
host_state() {
	if ! host_is_up "$1"; then
		echo 'is gone'
	elif [[ $(faults_of "$1") ]]; then
		echo "broken: $(faults_of "$1" | paste -sd' ')"
	else
		echo up
	fi
}

cmd_exec() {
	[[ $# -ge 2 ]] || usage 'exec: HOST CMD...'
	need_instance
	check_host "$1"
	in_host "$@"
}

# This machine's own files, but home's network, host names and resolver. The process is the command itself:
# signals and the exit status are its own.
cmd_run() {
	[[ $# -ge 1 ]] || usage 'run: CMD...'
	need_instance
	# shellcheck disable=SC2016 # expanded by that shell
	exec nsenter --net="/proc/$(host_pid home)/ns/net" -- unshare --mount -- sh -euc '
		mount --bind "$1/hosts" /etc/hosts
		mount --bind "$1/resolv.conf" /etc/resolv.conf
		shift
		exec "$@"' run "$share" "$@"
}

cmd_share() { echo "$share"; }

cmd_control() {
	[[ $# == 1 && $1 ]] || usage 'control: DIR'
	need_instance
	[[ ! -e $1/control && ! -e $1/store ]] || die "control: there is one already in $1"
	mkdir -p "$1"
	cp -a "$share/control" "$share/store" "$1/"
}

cmd_hosts() {
	need_instance
	lab_hosts
}

# What a dry run must leave as it was, one file a line; the same text before and after.
cmd_tree() {
	[[ $# == 1 ]] || usage 'tree: HOST'
	need_instance
	check_host "$1"
	in_host "$1" sh /usr/local/lib/lab/tree
}

cmd_ca() {
	check_ca_settings "$@"
	need_instance
	lock_instance
	ca_environment "$@" >"/proc/$(host_pid home)/root/etc/lab/pebble.env"
	in_host home sh -eu /usr/local/lib/lab/roles/pebble
	until_true 60 ca_answers || die "Pebble doesn't come up: $(in_host home tail -n 3 /var/log/pebble.log)"
	ca_fetch_roots
}

cmd_break() {
	[[ $# -ge 2 ]] || usage 'break: HOST WHAT'
	check_host "$1"
	need_instance
	lock_instance
	fault_break "$@"
}

cmd_mend() {
	[[ $# == 1 ]] || usage 'mend: HOST'
	check_host "$1"
	need_instance
	lock_instance
	fault_mend_all "$1"
}
