#!/bin/bash
# Hosts that can't be reached, aren't who they were, or let nobody in: one line tells, nothing there is touched,
# the others are done; and the first push after it was mended does what was missed.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
for host in $hosts; do host_vars "$host" <<<'ansible_ssh_timeout: 3'; done
mint_all
quiet certpush push

# FAULT HOST COUNTED-AS LINE; of one row to the next the host changes, so that each push also mends the row before.
rows='
sshd        linode unreachable UNREACHABLE! linode\.example\.net port 22: connect: Connection refused$
hostkey     panix  failed      FAILED! host key of panix\.example\.net has changed: it is now ssh-ed25519 SHA256:.* not the one in .*known_hosts:[0-9]+;.*certpush hosts trust --replace panix$
sudo        ovh    failed      FAILED! sudo is refused to deploy: sudo: a password is required: certpush_become_password_file says where one is$
unreachable panix  unreachable UNREACHABLE! panix\.example\.net.*
login       linode failed      FAILED! login as deploy refused: tried .*/id_ed25519$
unknown     ovh    failed      FAILED! host key of ovh\.example\.net.*
'

break_it() {
	case $1 in
	unknown)
		grep -v '^ovh' "$share/known_hosts" >"$dir/known_hosts"
		host_vars "$2" <<<"ansible_ssh_common_args: -o UserKnownHostsFile=$dir/known_hosts"
		;;
	*) "$lab" break "$2" "$1" ;;
	esac
}
mend_it() {
	case $1 in
	'') ;;
	unknown) host_vars "$2" </dev/null ;;
	*) "$lab" mend "$2" ;;
	esac
}

last=
while read -r fault host counted line; do
	[[ $fault ]] || continue
	mint "$([[ $host == linode ]] && echo linode.example.net || echo www.example.net)"
	# in silence nobody can be asked what is served: before and after it then
	[[ $fault != unreachable ]] || remember "$host"
	break_it "$fault" "$host"
	[[ $fault == unreachable ]] || remember "$host"
	ends 1 certpush push -l "$host${last:+,$last}"
	told_once "^fatal: \[$host\] $line"
	says "^$host +: ok=0 +changed=0 +reloaded=0 +verified=0 .*$counted=1"
	[[ $fault == unreachable ]] || as_before "$host"
	[[ -z $last ]] || up_to_date "$last"
	mend_it "$fault" "$host"
	[[ $fault != unreachable ]] || as_before "$host"
	last=$host
done <<<"$rows"
ends 0 certpush push
# shellcheck disable=SC2086 # words
up_to_date $hosts
# shellcheck disable=SC2086 # words
nothing_left $hosts
