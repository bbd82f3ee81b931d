#!/bin/bash
# rtt.sh - how many round trips does a push cost? On a line of 200 ms that is all that counts.
#
# Counted, and not timed, by rtt/relay.py, which is the ProxyCommand of all that are measured. What is counted is the SSH
# connection; the handshakes that prove what a service serves come beside it, all at the same time.
#   rtt_unchanged        certpush push, nothing to do
#   rtt_changed_sftp     key, chain and a reload, the files by SFTP
#   rtt_changed_stream   the same, the files behind the script
#   …_openssh            the same, carried by OpenSSH
#   rtt_scp_ssh          scp of both files, then ssh nginx -s reload: two connections
#
# ROUNDS (3) of all. The figures are the least: a slow machine can only make them more.
# shellcheck source=lib.sh disable=SC2317,SC2154 # called through quietly; from lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
bench_plain=1
bench_begin "$@"

rounds=${ROUNDS:-3}
tls=/etc/nginx/tls
relay="python3 $here/rtt/relay.py $dir/count %h %p"
ssh_options=(-o BatchMode=yes -o "UserKnownHostsFile=$share/known_hosts" -o "ProxyCommand=$relay" -i "$share/id_ed25519" -F none)
host=plain1.example.net

inventory() {
	cat >"$dir/certpush/control/inventory/hosts.yml" <<-END
		all:
		  hosts: {plain1: }
		  vars:
		    ansible_host: $host
		    ansible_user: root
		    ansible_ssh_private_key_file: $share/id_ed25519
		    ansible_ssh_common_args: -o UserKnownHostsFile=$share/known_hosts -o "ProxyCommand=$relay"
		    certpush_transport: $1
		    certpush_transfer: $2
		    certpush: {nginx: {certificate: plain.example.net}}
	END
}

certpush() { "$CERTPUSH" -c "$dir/certpush/control/certpush.yml" push "$@"; }

# The host holds what it held before the first push.
as_before() {
	quietly "$lab" exec plain1 sh -c "cp -p /run/before/* $tls/ && nginx -s reload"
	wait_for_before
}
served() { openssl s_client -connect "$host:443" -servername "$host" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256; }
wait_for_before() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[[ $(served) != "$before" ]] || return 0
		sleep 0.1
	done
	die 'nginx does not serve what it did before'
}

# count NAME CMD...: add the round trips of its connections to the series NAME.
count() {
	local name=$1
	shift
	rm -f "$dir"/count.*
	quietly "$@"
	cat "$dir"/count.* | awk '{ n += $1 } END { print n }' >>"$dir/series.$name"
	say "$(printf '%-28s %5.1f' "$name" "$(tail -n 1 "$dir/series.$name")")"
}
least() { sort -n "$dir/series.$1" | head -n 1; }

changed() {
	as_before
	inventory "$2" "$3"
	count "$1" certpush
	grep -q '^changed: .*nginx privkey.pem' "$dir/said" || die "$1: nothing was changed"
}
unchanged() {
	inventory "$2" sftp
	count "$1" certpush
	grep -q '^nothing to do: ' "$dir/said" || die "$1: there was something to do"
}
both_files() {
	scp -q "${ssh_options[@]}" "$dir/store/privkey.pem" "$dir/store/fullchain.pem" "root@$host:$tls/"
	ssh "${ssh_options[@]}" "root@$host" nginx -s reload
}

# A second certificate, newer by a day, of the same CA; it is what the host is to hold.
another_certificate() {
	local here_share=$share
	lab_state=$(dirname "$share")
	# shellcheck source=../lab/lib/pki.sh
	. "$top/tests/lab/lib/pki.sh"
	share=$dir/pki
	mkdir -p "$share/store"
	old_certificate plain.example.net 'plain.example.net *.plain.example.net'
	share=$here_share
	rm -rf "$dir/certpush/store/plain.example.net"
	cp -aL "$dir/pki/store/plain.example.net" "$dir/certpush/store/plain.example.net"
	ln -s "$dir/certpush/store/plain.example.net" "$dir/store"
}

"$lab" control "$dir/certpush"
rm -rf "$dir/certpush/control/inventory"
mkdir "$dir/certpush/control/inventory"
quietly another_certificate
"$lab" exec plain1 sh -c "mkdir -p /run/before && cp -p $tls/* /run/before/"
before=$(served)

for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	for by in libssh2 openssh; do
		suffix=${by#libssh2}
		suffix=${suffix:+_$suffix}
		changed "rtt_changed_sftp$suffix" $by sftp
		changed "rtt_changed_stream$suffix" $by stream
		unchanged "rtt_unchanged$suffix" $by
	done
	as_before
	count rtt_scp_ssh both_files
done

figure rtt_unchanged "$(least rtt_unchanged)" round_trips '<=' 11
figure rtt_changed_sftp "$(least rtt_changed_sftp)" round_trips '<=' 20
figure rtt_changed_stream "$(least rtt_changed_stream)" round_trips '<=' 11
for name in rtt_unchanged_openssh rtt_changed_sftp_openssh rtt_changed_stream_openssh rtt_scp_ssh; do
	figure $name "$(least $name)" round_trips
done
exit $missed
