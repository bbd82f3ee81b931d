#!/bin/bash
# How files travel: with the script where that is asked for, or where a host has no SFTP; as another user than the login; and on
# a connection that is cut anywhere.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
all=$dir/control/inventory/group_vars/all.yml
cp "$all" "$dir/all.yml"

# by CARRIER WAY: from now on
by() { { cat "$dir/all.yml" && printf 'certpush_transport: %s\ncertpush_transfer: %s\n' "$1" "$2"; } >"$all"; }

# Modes and owners of what the services hold.
modes() {
	local host
	for host in $hosts; do
		# shellcheck disable=SC2046 # words
		"$lab" exec "$host" find $(services "$host" | cut -d' ' -f2) -printf '%M %u:%g %p\n'
	done | sort
}

quiet certpush push --force
modes >"$dir/modes"
for carrier in libssh2 openssh; do
	by $carrier stream
	mint_all
	ends 0 certpush push
	# shellcheck disable=SC2086 # words
	up_to_date $hosts
	modes | diff "$dir/modes" - >"$dir/diff" || fail "by $carrier: $(cat "$dir/diff")"
	# shellcheck disable=SC2086 # words
	nothing_left $hosts
	ends 0 certpush push
	says '^nothing to do: 5 services on 3 hosts as they should be$'
done

# sudo's user writes: there is no copy of the key in the login's home, at no time
by auto stream
mint www.example.net
host_vars panix <<'END'
certpush:
  apache: {validate: "touch /run/here; while [ -e /run/here ]; do sleep 0.1; done"}
END
"$lab" exec panix sh -c 'touch -d "1 hour ago" /home/deploy'
"$lab" exec panix stat -c %y /home/deploy >"$dir/home"
start push -l panix
until "$lab" exec panix test -e /run/here; do kill -0 "$pid" || fail 'it ended before'; done
"$lab" exec panix stat -c %y /home/deploy | diff "$dir/home" - || fail 'something was written in the home of deploy'
"$lab" exec panix rm /run/here
wait "$pid" || fail "as deploy: $(cat "$dir/err")"
up_to_date panix
nothing_left panix
host_vars panix </dev/null

# no SFTP, or no channel for it: by itself
# shellcheck disable=SC2016 # sed's
for config in 's/^Subsystem/#&/' '$aMaxSessions 1'; do
	configure_sshd panix "$config"
	for carrier in libssh2 openssh; do
		by $carrier sftp
		mint www.example.net
		ends 0 certpush push -v -l panix
		complains '^panix: .*: the files go with the script$'
		up_to_date panix
		nothing_left panix
	done
done
configure_sshd panix ''

# the connection is cut after so many bytes: nothing half, and the next push does all of it
by libssh2 stream
mint www.example.net
status=1
for ((bytes = 9000; status; bytes += 2100)); do
	host_vars panix <<<"ansible_ssh_extra_args: -o \"ProxyCommand=$here/cut.py $bytes %h %p\""
	certpush push -l panix
	[[ $(pair panix /etc/apache2/tls) != mixed ]] || fail "cut after $bytes bytes: the key isn't the certificate's"
	((bytes < 200000)) || fail 'it never comes through'
done
((bytes > 20000)) || fail "it came through with $bytes bytes: that was no stream"
host_vars panix </dev/null
ends 0 certpush push -l panix
up_to_date panix
nothing_left panix
