#!/bin/bash
# morning.sh - how long does the whole morning take, by certpush and by the chain of tools it replaces?
#
# Measured, on the same hosts, DNS servers and CA, in turns within one run:
#   renewed   12 certificates are due: renewed by DNS-01 through the hidden primary, pushed to linode, panix and ovh, services
#             reloaded, every endpoint asked what it serves
#   idle      right after: nothing is due, all hosts are as they should be, which has to be found out
# by
#   certpush  certpush renew --push (release build)
#   peer      dehydrated --cron with the lab's hook (nsupdate, then dig until all secondaries show it; HOOK_CHAIN), then
#             ansible-playbook (morning/push.yml, morning/ansible.cfg), then openssl s_client at every endpoint (morning/check)
#
# The 12 certificates: three for Postfix and INN, Apache and nginx, Dovecot, as the lab has them; and nine of one name each for virtual
# hosts, five at panix's Apache and four at ovh's nginx. That makes 14 services, 28 files and 17 endpoints. certpush asks each
# endpoint at its IPv4 and its IPv6 address, three times in a row after a reload; the peer once, at one address.
#
# The same for both: before each renewed morning all 12 certificates, in the store and on the hosts, are put back to ones with nine days
# left of ninety; P-256 keys; no connection is left from the morning before. Fair to the peer: no nonces are refused (5 %, Pebble's
# default, breaks dehydrated off), Ansible has pipelining, ControlPersist, enough forks and no facts to gather, the hook doesn't sleep a
# fixed time. An account exists before. Pebble validates without its artificial delay.
#
# ROUNDS (3) of the peer; within each, TIMES (3) mornings by certpush. The figures are medians.
# shellcheck source=lib.sh disable=SC2317 # called through quietly and timed
. "$(dirname "$(readlink -f "$0")")/lib.sh"
bench_begin "$@"

rounds=${ROUNDS:-3}
times=${TIMES:-3}
mine=$here/morning
declare -A goals=([renewed]=20 [idle]=30)

# ---- what there is ----

site_host() { if (($1 <= 5)); then echo panix; else echo ovh; fi; }
site_name() { if (($1 <= 5)); then echo "site$1.example.net"; else echo "site$1.example.org"; fi; }
site_tls() { echo "/etc/ssl/sites/$1"; }

# Old certificates for the sites, by the lab's old CA.
old_store() {
	local n
	lab_state=$(dirname "$share")
	# shellcheck source=../lab/lib/pki.sh
	. "$top/tests/lab/lib/pki.sh"
	cp -a "$share/store" "$dir/old"
	share=$dir/pki
	mkdir -p "$share/store"
	for n in {1..9}; do old_certificate "$(site_name "$n")" "$(site_name "$n")"; done >"$dir/said" 2>&1
	mv "$share"/store/* "$dir/old/"
	rm -rf "$dir/old/plain.example.net"
	share=$("$lab" share)
}

apache_sites() {
	local n name
	for n in {1..5}; do
		name=$(site_name "$n")
		printf '<VirtualHost *:443>\nServerName %s\nDocumentRoot /var/www/html\nSSLEngine on\n' "$name"
		printf 'SSLCertificateFile %s/fullchain.pem\nSSLCertificateKeyFile %s/privkey.pem\n</VirtualHost>\n' \
			"$(site_tls "$name")" "$(site_tls "$name")"
	done
}
nginx_sites() {
	local n name
	for n in {6..9}; do
		name=$(site_name "$n")
		printf 'server { listen 443 ssl; listen [::]:443 ssl; server_name %s; root /var/www/html;\n' "$name"
		printf 'ssl_certificate %s/fullchain.pem; ssl_certificate_key %s/privkey.pem; }\n' \
			"$(site_tls "$name")" "$(site_tls "$name")"
	done
}

# The sites on the hosts, with their old certificates.
host_sites() {
	local n name part
	for n in {1..9}; do
		name=$(site_name "$n")
		for part in privkey fullchain; do
			# shellcheck disable=SC2016 # expanded there
			"$lab" exec "$(site_host "$n")" sh -c 'umask 077; mkdir -p "$1"; cat >"$1/$2.pem"' put "$(site_tls "$name")" "$part" \
				<"$dir/old/$name/$part.pem"
		done
	done
	apache_sites | "$lab" exec panix sh -c 'cat >/etc/apache2/sites-enabled/sites.conf; apachectl graceful'
	nginx_sites | "$lab" exec ovh sh -c 'cat >/etc/nginx/conf.d/sites.conf; nginx -s reload'
}

# dehydrated's file, which both read.
domains() {
	local n
	echo 'linode.example.net mail.example.net smtp.example.net news.example.net'
	echo 'www.example.net example.net'
	echo 'imap.example.net ovh.example.net'
	for n in {1..9}; do site_name "$n"; done
}

# service HOST NAME DIRECTORY OWNER CERTIFICATE, for all
services() {
	local n
	echo linode postfix /etc/postfix/tls root linode.example.net
	echo linode inn /etc/news/tls news linode.example.net
	echo panix apache /etc/apache2/tls root www.example.net
	echo ovh nginx /etc/nginx/tls root www.example.net
	echo ovh dovecot /etc/dovecot/tls root imap.example.net
	for n in {1..9}; do
		echo "$(site_host "$n")" "site$n" "$(site_tls "$(site_name "$n")")" root "$(site_name "$n")"
	done
}

# One inventory for both: `certpush` is certpush's, `tls` the playbook's.
inventory() {
	local host
	echo 'all: {hosts: {'
	for host in linode panix ovh; do
		echo "$host: {certpush: {"
		services | awk -v host=$host '$1 == host { printf "%s: {certificate: %s},\n", $2, $5 }'
		echo '}, tls: ['
		services | awk -v host=$host '
			$1 == host {
				reload = $2 !~ /^site/ ? $2 : host == "panix" ? "apache" : "nginx"
				printf "{certificate: %s, directory: %s, owner: %s, service: %s},\n", $5, $3, $4, reload
			}'
		echo ']},'
	done
	echo '}}'
}

# The sites' playbook for certpush: they are served by Apache or nginx, and reloaded with it, once.
site_playbook() {
	local n tls
	for n in {1..9}; do
		tls=$(site_tls "$(site_name "$n")")
		echo "- service: site$n"
		echo '  files:'
		echo "    - {part: privkey, path: $tls/privkey.pem, owner: root, group: root, mode: '0600'}"
		echo "    - {part: fullchain, path: $tls/fullchain.pem, owner: root, group: root, mode: '0644'}"
		if ((n <= 5)); then
			printf '  validate: apachectl configtest\n  reload: apachectl graceful\n'
		else
			printf '  validate: nginx -t\n  reload: nginx -s reload\n'
		fi
		echo '  checks: [{protocol: https}]'
	done
}

# HOST PORT STARTTLS-PROTOCOL|- NAME CERTIFICATE, of all endpoints
endpoints() {
	local n
	echo linode 25 smtp linode.example.net linode.example.net
	echo linode 587 smtp linode.example.net linode.example.net
	echo linode 119 nntp linode.example.net linode.example.net
	echo linode 563 - linode.example.net linode.example.net
	echo panix 443 - www.example.net www.example.net
	echo ovh 443 - www.example.net www.example.net
	echo ovh 143 imap imap.example.net imap.example.net
	echo ovh 993 - imap.example.net imap.example.net
	for n in {1..9}; do echo "$(site_host "$n") 443 - $(site_name "$n") $(site_name "$n")"; done
}

# ---- the two sides ----

# certpush's: the lab's own control directory, with more in it. store/ and control/ as they are there.
certpush_side() {
	"$lab" control "$dir/certpush"
	cd "$dir/certpush/control"
	sed -i '/^certificates:/,$d' certpush.yml
	echo 'domains: domains.txt' >>certpush.yml
	domains >domains.txt
	inventory >inventory/hosts.yml
	mkdir playbooks
	site_playbook >playbooks/sites.yml
}

peer_side() {
	mkdir -p "$dir/peer/store" "$dir/peer/sockets"
	cd "$dir/peer"
	domains >domains.txt
	endpoints >endpoints.list
	cp -a "$dir/certpush/control/inventory" inventory
	cp "$mine"/{ansible.cfg,push.yml} .
	cat >dehydrated.conf <<-END
		CA=https://pebble.example.net:14000/dir
		CURL_OPTS="--cacert $share/pebble-ca.pem"
		CONTACT_EMAIL=hostmaster@example.net
		BASEDIR=$dir/peer
		CERTDIR=$dir/peer/store
		CHALLENGETYPE=dns-01
		HOOK=$share/hook.sh
		HOOK_CHAIN=yes
		KEY_ALGO=prime256v1
	END
	quietly dehydrated --config dehydrated.conf --register --accept-terms
}

certpush() { "$CERTPUSH" -c "$dir/certpush/control/certpush.yml" "$@"; }
morning() { certpush renew --push; }

peer_renew() { dehydrated --config "$dir/peer/dehydrated.conf" --cron; }
peer_push() {
	ANSIBLE_CONFIG=$dir/peer/ansible.cfg ANSIBLE_SSH_CONTROL_PATH_DIR=$dir/peer/sockets \
		ansible-playbook -i "$dir/peer/inventory" -e store="$dir/peer/store" "$dir/peer/push.yml"
}
peer_check() { "$mine/check" "$dir/peer/endpoints.list" "$1" "$share/roots.pem"; }

peer_hang_up() {
	local socket
	for socket in "$dir"/peer/sockets/*; do
		if [[ -S $socket ]]; then ssh -q -O exit -o ControlPath="$socket" any 2>/dev/null || :; fi
	done
}

# ---- the rounds ----

# Before a morning: the old certificates in both stores and on the hosts.
reset() {
	local side name
	for side in certpush peer; do
		for name in "$dir"/old/*; do
			rm -rf "${dir:?}/$side/store/${name##*/}"
			cp -a "$name" "$dir/$side/store/"
		done
	done
	quietly certpush push --force
}

certpush_mornings() {
	local n
	for ((n = 0; n < times; n++)); do
		reset
		timed certpush.renewed morning
		quietly peer_check "$dir/certpush/store"
		timed certpush.idle morning
		grep -q '^nothing to do: 14 services on 3 hosts' "$dir/said" || die 'the idle morning was not idle'
	done
}

# peer_morning renewed|idle: the three steps of the chain, and their sum.
peer_morning() {
	peer_hang_up
	timed "peer.$1.renew" peer_renew
	timed "peer.$1.push" peer_push
	timed "peer.$1.check" peer_check "$dir/peer/store"
	tail -qn 1 "$dir"/series.peer."$1".{renew,push,check} | awk '{ s += $1 } END { print s }' >>"$dir/series.peer.$1"
}

# What both have done is what they say.
peer_is_done() {
	local name
	for name in "$dir"/old/*; do
		if cmp -s "$name/cert.pem" "$dir/peer/store/${name##*/}/cert.pem"; then die "dehydrated didn't renew ${name##*/}"; fi
	done
}

say 'setting up: 12 certificates, 17 endpoints'
quietly "$lab" ca PEBBLE_WFE_NONCEREJECT=0
old_store
quietly host_sites
certpush_side
peer_side
cd "$dir"

say 'warming up'
reset
quietly morning
quietly peer_push
reset

for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	reset
	peer_morning renewed
	peer_is_done
	peer_morning idle
	certpush_mornings
done
peer_hang_up

for kind in renewed idle; do
	ours=$(median certpush.$kind)
	theirs=$(median peer.$kind)
	figure morning_${kind}_ratio "$(ratio "$theirs" "$ours")" times '>=' "${goals[$kind]}"
	figure morning_${kind}_certpush "$ours" s
	figure morning_${kind}_peer "$theirs" s
	for step in renew push check; do figure morning_${kind}_peer_$step "$(median peer.$kind.$step)" s; done
done
exit $missed
