#!/bin/bash
# A host that lets us in for SFTP and nothing else: files are put in place, proved, or taken back; commands are its admin's.
# shellcheck source=push_lib.sh disable=SC2016 # expanded there
. "$(dirname "$0")/push_lib.sh"
own_control
all=$dir/control/inventory/group_vars/all.yml
cp "$all" "$dir/all.yml"
by() { { cat "$dir/all.yml" && echo "certpush_transport: $1"; } >"$all"; }
mkdir -p "$dir/control/inventory/host_vars"
printf 'ansible_user: root\nansible_become: false\n' >"$dir/control/inventory/host_vars/ovh.yml"
quiet certpush push --force

# From here on ovh, where nginx and Dovecot are, is one of those.
# shellcheck disable=SC2016 # sed's
configure_sshd ovh '$aForceCommand internal-sftp'

# A service that takes files up by itself: whatever changes there, nginx and Dovecot are reloaded.
watcher() {
	"$lab" exec ovh sh -c '
		echo $$ >/run/watcher
		was=
		while [ -e /run/watcher ]; do
			now=$(cat /etc/nginx/tls/*.pem /etc/dovecot/tls/*.pem | sha256sum)
			if [ "$now" != "$was" ]; then was=$now; nginx -s reload; doveadm reload; fi
			sleep 0.1
		done' >/dev/null 2>&1 &
	watching=$!
}
unwatch() {
	"$lab" exec ovh rm -f /run/watcher
	wait $watching || :
}
modes() { "$lab" exec ovh find /etc/nginx/tls /etc/dovecot/tls -type f -printf '%M %u:%g %p\n' | sort; }
modes >"$dir/modes"

watcher
for carrier in libssh2 openssh; do
	by $carrier
	mint_all
	remember ovh
	ends 0 certpush plan -v -l ovh
	says '^would change: \[ovh\] => nginx privkey.pem'
	says_not 'reload: '
	complains '^ovh: .*This service allows sftp connections only.*; all goes by SFTP$'
	(($(grep -c 'no command can be run there (sftp only): reload it yourself$' "$dir/err") == 2)) || fail 'not a line for each service'
	as_before ovh
	ends 0 certpush push -l ovh
	says '^verified: \[ovh\] => nginx '
	says '^verified: \[ovh\] => dovecot '
	complains '\[WARNING\]: ovh: nginx: no command can be run there'
	up_to_date ovh
	nothing_left ovh
	modes | diff "$dir/modes" - >"$dir/diff" || fail "by $carrier: $(cat "$dir/diff")"
	ends 0 certpush push -l ovh
	says '^nothing to do: '
	[[ ! -s $dir/err ]] || fail 'a warning where nothing is to be done'
done
unwatch

# nobody reloads: the handshake tells, and what was there comes back
mint www.example.net
remember ovh
host_vars ovh <<<'certpush: {nginx: {wait: 1}}'
ends 1 certpush push -l ovh nginx
complains '^fatal: \[ovh\].*nginx: HTTPS .*the old files are back$'
as_before ovh
nothing_left ovh

# `rollback: never`, and somebody reloads later
host_vars ovh <<<'certpush: {nginx: {wait: 1, rollback: never}}'
ends 1 certpush push -l ovh nginx
[[ $(pair ovh /etc/nginx/tls) == "$(stored www.example.net)" ]] || fail 'the new pair is not there'
"$lab" exec ovh nginx -s reload
host_vars ovh </dev/null
ends 0 certpush push -l ovh nginx
up_to_date ovh
nothing_left ovh

# a full disk
mint_all
remember ovh
"$lab" break ovh disk
ends 1 certpush push -l ovh nginx
complains '^fatal: \[ovh\].*disk full'
complains 'nothing was changed$'
"$lab" mend ovh
nothing_left ovh

# become, where nobody can be become
sed -i 's/^ansible_become: false/ansible_become: true/' "$dir/control/inventory/host_vars/ovh.yml"
ends 1 certpush push -l ovh
complains '^fatal: \[ovh\].*no command can be run there \(sftp only\), so nobody can be become: take ansible_become away'
host_vars ovh </dev/null

# the connection is cut anywhere: never half a pair once the next push is through
watcher
by libssh2
mint_all
status=1
for ((bytes = 6000; status; bytes += 2100)); do
	host_vars ovh <<<"ansible_ssh_extra_args: -o \"ProxyCommand=$here/cut.py $bytes %h %p\""
	certpush push -l ovh
	((bytes < 200000)) || fail 'it never comes through'
done
host_vars ovh </dev/null
mint_all
ends 0 certpush push -l ovh
up_to_date ovh
nothing_left ovh

# killed in the proof: the next run proves
unwatch
mint www.example.net
host_vars ovh <<<'certpush: {nginx: {wait: 60}}'
start push -l ovh nginx
until [[ $("$lab" exec ovh sha256sum /etc/nginx/tls/privkey.pem) == "$(sha256sum <"$dir/store/www.example.net/privkey.pem" | cut -d' ' -f1)"* ]]; do
	kill -0 "$pid" || fail 'it ended before'
done
kill -KILL "$pid"
wait "$pid" || :
"$lab" exec ovh nginx -s reload
host_vars ovh </dev/null
ends 0 certpush push -l ovh
says 'verified: \[ovh\] => nginx'
up_to_date ovh
nothing_left ovh
configure_sshd ovh ''
ends 0 certpush push -l ovh
says '^nothing to do: '
