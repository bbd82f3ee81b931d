#!/bin/bash
# The two carriers, libssh2 and OpenSSH: the same result; which of them, by itself; and ssh killed in the middle.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
all=$dir/control/inventory/group_vars/all.yml
export XDG_RUNTIME_DIR=$dir/runtime
mkdir -m 0700 "$XDG_RUNTIME_DIR"
cp "$all" "$dir/all.yml"

# by CARRIER: from now on
by() { { cat "$dir/all.yml" && echo "certpush_transport: $1"; } >"$all"; }

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
	by $carrier
	mint_all
	ends 0 certpush push -v
	for host in $hosts; do complains "^$host: ssh-ed25519 SHA256:[^ ]+, by ${carrier/openssh/OpenSSH}"; done
	# shellcheck disable=SC2086 # words
	up_to_date $hosts
	modes | diff "$dir/modes" - >"$dir/diff" || fail "by $carrier: $(cat "$dir/diff")"
	# shellcheck disable=SC2086 # words
	nothing_left $hosts
	ends 0 certpush push
	says '^nothing to do: 5 services on 3 hosts as they should be$'
done

# by itself: what it needs OpenSSH for, and says so
by auto
ssh-keygen -q -t rsa -b 2048 -N '' -f "$dir/rsa"
"$lab" exec panix sh -c 'cat >>~/.ssh/authorized_keys' <"$dir/rsa.pub"
host_vars panix <<<"ansible_ssh_private_key_file: $dir/rsa"
host_vars ovh <<<"ansible_ssh_extra_args: -o HostKeyAlias=ovh.example.net"
ends 0 certpush push -v
complains '^linode: .*, by libssh2 '
complains "^panix: .*, by OpenSSH, as the key $dir/rsa is RSA"
complains '^ovh: .*, by OpenSSH, as the inventory says -oHostKeyAlias=ovh.example.net$'
host_vars panix <<<"ansible_ssh_private_key_file: $dir/rsa
certpush_transport: libssh2"
ends 1 certpush push -l panix
complains "login as root refused .*rsa.*libssh2 [0-9.]+ can't use RSA keys"
# a FIDO key, in software
cc -shared -fPIC -o "$dir/fido.so" "$here/fido.c" -lcrypto
ssh-keygen -q -t ed25519-sk -N '' -w "$dir/fido.so" -f "$dir/fido"
"$lab" exec panix sh -c 'cat >>~/.ssh/authorized_keys' <"$dir/fido.pub"
host_vars panix <<<"ansible_ssh_private_key_file: $dir/fido
ansible_ssh_extra_args: -o SecurityKeyProvider=$dir/fido.so"
mint_all
ends 0 certpush push -v -l panix
complains '^panix: .*, by OpenSSH, as '
up_to_date panix
host_vars panix </dev/null
host_vars ovh </dev/null
"$lab" exec panix sed -i "\$d;/^sk-/d" /root/.ssh/authorized_keys
"$lab" break panix hostkey
ends 1 certpush push -l panix
complains 'has changed: it is now ssh-ed25519 SHA256:'
by openssh
ends 1 certpush push -l panix
complains 'host key of panix.example.net has changed: it is now ssh-ed25519 SHA256:.* not the one in .*known_hosts:[0-9]+;.*certpush hosts trust --replace panix$'
"$lab" mend panix

# kill_ssh: the one of the push under way
kill_ssh() {
	local ssh
	ssh=$(ps -o pid=,comm= --ppid "$pid" | awk '$2 == "ssh" { print $1 }')
	[[ $ssh ]] || fail 'there is no ssh'
	kill -KILL "$ssh"
	status=0
	wait "$pid" || status=$?
	((status == 1)) || fail "exit status $status after ssh was killed"
}

# its connection is gone while the script runs there: the host goes on to the end by itself
mint_all
host_vars ovh <<'END'
certpush:
  dovecot: {validate: "touch /run/here; while [ -e /run/here ]; do sleep 0.1; done"}
END
start push -l ovh
until "$lab" exec ovh test -e /run/here; do kill -0 "$pid" || fail 'it ended before'; done
kill_ssh
cat "$dir/out" "$dir/err" >"$dir/said"
grep -q 'ovh.*the host hung up' "$dir/said" || fail "it doesn't say so: $(cat "$dir/said")"
for service in nginx dovecot; do
	[[ $(pair ovh "/etc/$service/tls") != mixed ]] || fail "$service holds a key and another's certificate"
done
"$lab" exec ovh rm /run/here
host_vars ovh </dev/null
ends 0 certpush push -l ovh
up_to_date ovh
nothing_left ovh
ends 0 certpush push -l ovh
says '^nothing to do: '
# and nothing of it is left here
rmdir "$XDG_RUNTIME_DIR" || fail 'a control socket is left'
