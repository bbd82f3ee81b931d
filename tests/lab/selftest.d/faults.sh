# shellcheck shell=bash
# faults - each break does what it says, and mend mends it.

test_faults() {
	local what
	for what in sshd login hostkey sudo disk reload deaf stale step unreachable lag; do "test_$what"; done
	refuse 'what is no host' lab break nowhere sshd
	refuse 'what is no fault' lab break ovh everything
	refuse 'lag where there is no name server' lab break plain1 lag
	check 'mending what is whole' lab mend panix
	expect 'all is up' 'ovh up' sh -c "'$here/lab' status | awk '{ print \$1, \$NF }'"
}

test_sshd() {
	lab break linode sshd && lab break linode sshd
	expect 'sshd: refused' 'Connection refused' ssh_to linode root true
	expect 'sshd: status tells' 'broken: sshd' lab status
	lab mend linode
	check 'sshd: mended' ssh_to linode root true
}

test_login() {
	lab break linode login
	expect 'login: refused for root' 'Permission denied' ssh_to linode root true
	expect 'login: refused for deploy' 'Permission denied' ssh_to linode deploy true
	lab mend linode
	check 'login: mended' ssh_to linode deploy true
}

test_hostkey() {
	lab break panix hostkey && lab break panix hostkey
	expect 'hostkey: another one' 'IDENTIFICATION HAS CHANGED' ssh_to panix root true
	lab mend panix
	check 'hostkey: mended' ssh_to panix root true
}

test_sudo() {
	lab break ovh sudo
	expect 'sudo: refused' 'a password is required' ssh_to ovh deploy sudo -n true
	check 'sudo: the login itself works' ssh_to ovh deploy true
	lab mend ovh
	check 'sudo: mended' ssh_to ovh deploy sudo -n true
}

test_disk() {
	local before
	before=$(lab tree linode | grep /etc/postfix/tls/)
	lab break linode disk && lab break linode disk
	expect 'disk: full' 'No space left' lab exec linode cp /etc/hosts /etc/postfix/tls/new.pem
	expect 'disk: full for news as well' 'No space left' lab exec linode cp /etc/hosts /etc/news/tls/new.pem
	check 'disk: what was there is' lab exec linode openssl x509 -noout -in /etc/postfix/tls/fullchain.pem
	check 'disk: and is served' serves linode.example.net:563 linode.example.net
	lab mend linode
	check 'disk: mended' lab exec linode sh -c 'cp /etc/hosts /etc/postfix/tls/new.pem && rm /etc/postfix/tls/new.pem'
	expect 'disk: the files are as they were' "$(grep pem <<<"$before" | head -n 1)" lab tree linode
}

reloads() {
	printf '%s\n' 'linode postfix reload' 'linode service postfix reload' 'linode systemctl reload postfix' \
		'panix apachectl graceful' 'panix systemctl reload apache2' 'panix /usr/sbin/apache2ctl graceful' \
		'ovh nginx -s reload' 'ovh service nginx reload' 'ovh systemctl reload nginx' 'ovh doveadm reload' 'ovh systemctl reload dovecot'
}

test_reload() {
	local host command
	for host in linode panix ovh; do lab break $host reload && lab break $host reload; done
	while read -r host command; do
		# shellcheck disable=SC2086
		expect "reload: $command fails" 'broken by the lab' lab exec "$host" $command </dev/null
	done < <(reloads)
	for host in linode panix ovh; do lab mend $host; done
	while read -r host command; do
		# shellcheck disable=SC2086
		check "reload: $command works again" lab exec "$host" $command </dev/null
	done < <(reloads)
}

# put HOST DIR NAME: as a push does, by renaming
put() {
	local part
	for part in privkey fullchain; do
		# shellcheck disable=SC2016 # expanded there
		lab exec "$1" sh -euc 'cp -p "$1" "$1.new" && cat >"$1.new" && mv "$1.new" "$1"' put "$2/$part.pem" <"$share/store/$3/$part.pem"
	done
}

test_deaf() {
	lab break ovh deaf
	put ovh /etc/nginx/tls plain.example.net
	check 'deaf: the reload says it went well' lab exec ovh nginx -s reload
	check 'deaf: and did nothing' stays ovh.example.net:443 www.example.net
	check 'deaf: a restart works' lab exec ovh service nginx restart
	check 'deaf: and helps' eventually 10 serves ovh.example.net:443 plain.example.net
	put ovh /etc/nginx/tls www.example.net
	lab mend ovh
	check 'deaf: the reload works again' lab exec ovh nginx -s reload
	check 'deaf: mended' eventually 10 serves ovh.example.net:443 www.example.net
}

stays() {
	local i
	for i in 1 2 3; do
		serves "$@" || return 1
		sleep 0.3
	done
}

test_stale() {
	stale_one linode postfix linode.example.net:25 smtp 'postfix reload'
	stale_one linode news linode.example.net:563 '' true
	stale_one linode news linode.example.net:119 nntp true
	stale_one panix apache2 panix.example.net:443 '' 'apachectl graceful'
	stale_one ovh nginx ovh.example.net:443 '' 'nginx -s reload'
	stale_one ovh dovecot ovh.example.net:143 imap 'doveadm reload'
}

# stale_one HOST DIR ENDPOINT STARTTLS RELOAD: with another pair put in place
stale_one() {
	local host=$1 dir=/etc/$2/tls endpoint=$3 starttls=$4 reload=$5 name
	name=$(awk -v e="$endpoint" '$1 == e { print $2 }' <<<"$endpoints")
	lab break "$host" stale
	put "$host" "$dir" plain.example.net
	# shellcheck disable=SC2086
	check "stale: $endpoint: the reload works" lab exec "$host" $reload
	check "stale: $endpoint: goes on with the old one" stays "$endpoint" "$name" "$starttls"
	lab mend "$host"
	check "stale: $endpoint: mended, it serves the other one" eventually 10 serves "$endpoint" plain.example.net "$starttls"
	put "$host" "$dir" "$name"
	# shellcheck disable=SC2086
	lab exec "$host" $reload 2>/dev/null
	check "stale: $endpoint: and its own again" eventually 10 serves "$endpoint" "$name" "$starttls"
}

test_step() {
	lab break panix step swap fail && lab break panix step here fail
	expect 'step: fails' 'broken by the lab' lab exec panix at-step here
	check 'step: once' lab exec panix at-step here
	lab break panix step here ro
	check 'step: read-only' lab exec panix at-step here
	expect 'step: nothing can be written' 'Read-only' lab exec panix cp /etc/hosts /etc/apache2/tls/new.pem
	lab break panix step there full
	lab mend panix
	check 'step: mended' lab exec panix sh -c 'cp /etc/hosts /etc/apache2/tls/new.pem && rm /etc/apache2/tls/new.pem && ! command -v at-step'
}

test_unreachable() {
	lab break panix unreachable && lab break panix unreachable
	expect 'unreachable: silence' 'timed out' ssh_to panix root true
	check 'unreachable: the others are there' ssh_to ovh root true
	lab mend panix
	check 'unreachable: mended' ssh_to panix root true
}

test_lag() {
	local host
	for host in ovh panix; do
		lab break $host lag && lab break $host lag
		update "add $challenge. 60 TXT late-$host"
		check "lag: linode has it" eventually 15 has_txt ns1.example.net late-$host
		sleep 1
		refuse "lag: $host does not" has_txt $host.example.net late-$host
		lab mend $host
		check "lag: mended, $host has it" has_txt $host.example.net late-$host
		update "delete $challenge. TXT late-$host"
	done
	lab break ovh lag 2
	update "add $challenge. 60 TXT four"
	check 'lag 2: it gets there in the end' eventually 15 has_txt ovh.example.net four
	update "delete $challenge. TXT four"
	lab mend ovh
}
