#!/bin/bash
# What fails on a host is taken back: its files are the same ones as before, with inode, owner, mode and time,
# and are served; the other hosts are done, and once it's mended the next push succeeds. Here all services of the host fail.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# failing FAULT HOST LINE...: break, push to it and to another, look, mend. A line for each service.
failing() {
	local fault=$1 host=$2 other=panix
	[[ $host != panix ]] || other=ovh
	mint_all
	[[ $fault == none ]] || "$lab" break "$host" "$fault"
	remember "$host"
	ends 1 certpush push -l "$host,$other"
	for line in "${@:3}"; do complains "$line"; done
	(($(wc -l <"$dir/err") == $# - 2)) || fail "$fault on $host: other errors than these: ${*:3}"
	says "^$host +: ok=0 +changed=0 +reloaded=0 +verified=0 +unreachable=0 +failed=$(($# - 2))"
	says "^$other +: .* failed=0"
	as_before "$host"
	up_to_date "$other"
	[[ $fault == none ]] || "$lab" mend "$host"
	nothing_left "$host"
}
mended() {
	ends 0 certpush push -l "$1"
	up_to_date "$1"
}

failing disk linode "^fatal: \[linode\] FAILED! inn: /etc/news/tls/privkey\.pem: .*No space left on device; nothing was changed$" \
	"^fatal: \[linode\] FAILED! postfix: /etc/postfix/tls/privkey\.pem: .*No space left on device; nothing was changed$"
failing reload panix '^fatal: \[panix\] FAILED! apache: apachectl graceful: exit status 1: .*reload failed: broken by the lab *; the old files are back, but the service would not take them up$'
mended linode

# A command that is killed is a failure too; so is one that isn't there.
host_vars ovh <<'END'
certpush:
  nginx: {reload: 'kill -9 $$'}
  dovecot: {validate: there-is-no-such-command}
END
failing none ovh '^fatal: \[ovh\] FAILED! dovecot: there-is-no-such-command: exit status 127: .*not found *; the old files are back$' \
	'^fatal: \[ovh\] FAILED! nginx: kill -9 .*: exit status 1[0-9]{2}: .*; the old files are back, but the service would not take them up$'
host_vars ovh </dev/null
mended ovh
