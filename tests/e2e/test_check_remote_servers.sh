#!/bin/bash
# check-remote and the servers that Debian has, as they are packaged: of each, by STARTTLS and by TLS from the first byte, it says what
# `openssl s_client` sees: notAfter, fingerprint and chain. What has expired or is somebody else's is told of each. The playbooks that
# come with certpush bring them their certificates, by a reload.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
"$lab" zoo >/dev/null
hosts+=' zoo'
certificates+=' zoo.example.net'

# PROTOCOL HOST PORT CERTIFICATE, and how s_client is told to ask: "-" is TLS from the first byte, "?" what it can't.
servers() {
	cat <<-'END'
		smtp         linode 25   linode.example.net smtp
		submission   linode 587  linode.example.net smtp
		submissions  linode 465  linode.example.net -
		nntp         linode 119  linode.example.net nntp
		nntps        linode 563  linode.example.net -
		https        panix  443  www.example.net    -
		https        ovh    443  www.example.net    -
		imap         ovh    143  imap.example.net   imap
		imaps        ovh    993  imap.example.net   -
		imap         zoo    143  zoo.example.net    imap
		imaps        zoo    993  zoo.example.net    -
		pop3         zoo    110  zoo.example.net    pop3
		pop3s        zoo    995  zoo.example.net    -
		sieve        zoo    4190 zoo.example.net    sieve
		lmtp         zoo    24   zoo.example.net    lmtp
		smtp         zoo    25   zoo.example.net    smtp
		submission   zoo    587  zoo.example.net    smtp
		submissions  zoo    465  zoo.example.net    -
		ftp          zoo    21   zoo.example.net    ftp
		ftps         zoo    990  zoo.example.net    -
		xmpp-client  zoo    5222 zoo.example.net    xmpp
		xmpps-client zoo    5223 zoo.example.net    -
		xmpp-server  zoo    5269 zoo.example.net    xmpp-server
		xmpps-server zoo    5270 zoo.example.net    -
		ldap         zoo    389  zoo.example.net    ldap
		ldaps        zoo    636  zoo.example.net    -
		postgres     zoo    5432 zoo.example.net    postgres
		mysql        zoo    3306 zoo.example.net    mysql
		https        zoo    443  zoo.example.net    -
		mqtts        zoo    8883 zoo.example.net    -
		irc          zoo    6667 zoo.example.net    ?
		ircs         zoo    6697 zoo.example.net    -
		ircs         zoo    6698 zoo.example.net    -
		rdp          zoo    3389 zoo.example.net    ?
	END
}

# What the lab's own inventory doesn't have: zoo, and Postfix's 465. SERVICE of a playbook, and its checks where they are others than there.
zoo_services() {
	cat <<-'END'
		dovecot    {protocol: imap}, {protocol: imaps}, {protocol: pop3}, {protocol: pop3s}, {protocol: sieve}, {protocol: lmtp}
		exim       {protocol: smtp}, {protocol: submission}, {protocol: submissions}
		haproxy
		inspircd   {protocol: irc}, {protocol: ircs}
		mariadb
		mosquitto
		ngircd     {protocol: ircs, port: 6698}
		postgresql
		prosody    {protocol: xmpp-client}, {protocol: xmpp-server}, {protocol: xmpps-client}, {protocol: xmpps-server}
		slapd      {protocol: ldap}, {protocol: ldaps}
		vsftpd     {protocol: ftp}, {protocol: ftps}
		xrdp
	END
}
inventory() {
	local service checks
	{
		printf 'all: {hosts: {zoo: {certpush: {'
		while read -r service checks; do
			checks=${checks//protocol: xmpp/name: zoo.example.net, protocol: xmpp} # its domain, whatever the certificate is for
			printf '%s: {certificate: zoo.example.net, wait: 60%s}, ' "$service" "${checks:+, checks: [$checks]}"
		done < <(zoo_services)
		echo '}}}}'
	} >"$dir/control/inventory/zoo.yml"
	host_vars linode <<<'certpush: {postfix: {checks: [{protocol: smtp}, {protocol: submission}, {protocol: submissions}]}}'
	echo '  zoo.example.net: {names: [zoo.example.net]}' >>"$dir/control/certpush.yml"
}

# What s_client is shown at HOST PORT, asked as HOW: the chain, and of its leaf "notAfter|fingerprint".
shown() {
	local host=$1.example.net how=()
	[[ $3 == - ]] || how=(-starttls "$3" -name "$host")
	s_client -connect "$host:$2" -servername "$host" -showcerts "${how[@]}" 2>/dev/null |
		sed -n '/-BEGIN CERT/,/-END CERT/p' >"$dir/shown"
}
leaf() { echo "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)|$(fingerprint <"$1")"; }

# verdicts FORMAT: PROTOCOL HOST PORT, and what FORMAT makes of the event, of each address that was asked.
verdicts() { jq -r "select(.event == \"probe\") | \"\(.protocol | ascii_downcase) \(.host) \(.address | sub(\".*:\"; \"\")) $1\"" "$dir/out" | sort -u; }

# all_are VERDICT ARG...: of every address that check-remote asks
all_are() {
	certpush check-remote --format json "${@:2}"
	verdicts '\(.verdict)' >"$dir/got"
	((status == 1)) && ! grep -qv " $1\$" "$dir/got"
}

own_control
inventory
mint_all
ends 0 certpush push
says_not '^restarted: ' # their reloads do
ends 0 certpush push
says '^nothing to do: '
nothing_left zoo

ends 0 certpush check-remote --format json
verdicts '\(.verdict) \(.not_after)|\(.fingerprint)' >"$dir/got"
while read -r protocol host port certificate how; do
	if [[ $how == '?' ]]; then
		cp "$dir/store/$certificate/fullchain.pem" "$dir/shown"
	else
		shown "$host" "$port" "$how"
		cmp "$dir/shown" "$dir/store/$certificate/fullchain.pem" || fail "$protocol $host $port: another chain than was pushed"
	fi
	seen=$(leaf "$dir/shown")
	echo "$protocol $host $port ok $(TZ=UTC date -d "${seen%|*}" +%FT%TZ)|${seen#*|}"
done < <(servers) | sort >"$dir/wanted"
diff "$dir/wanted" "$dir/got" || fail "that isn't what s_client sees"

# Somebody else's: the store has another name's by now.
for name in $certificates; do mint "$name" names=other.example.org; done
all_are foreign || fail 'not foreign'
(($(wc -l <"$dir/got") == $(servers | wc -l))) || fail 'not each of them'

# Expired: put there by hand, since a push refuses that.
mint zoo.example.net from=-90 to=-1
while read -r directory command; do
	for part in privkey fullchain; do
		"$lab" exec zoo sh -c "cat >$directory/$part.pem" <"$dir/store/zoo.example.net/$part.pem"
	done
	"$lab" exec zoo sh -c "$command" </dev/null >/dev/null
done <<'END'
/etc/dovecot/tls doveadm reload
/etc/exim4/tls true
/etc/inspircd/tls service inspircd reload
/etc/ldap/tls service slapd restart
/etc/mosquitto/tls service mosquitto reload
/etc/mysql/tls mariadb -e 'FLUSH SSL'
/etc/ngircd/tls service ngircd reload
/etc/postgresql/tls service postgresql reload
/etc/prosody/tls prosodyctl reload
/etc/vsftpd/tls service vsftpd restart
/etc/xrdp/tls true
END
cat "$dir/store/zoo.example.net"/{privkey,fullchain}.pem | "$lab" exec zoo sh -c 'cat >/etc/haproxy/tls/zoo.example.net.pem'
"$lab" exec zoo service haproxy reload >/dev/null
eventually all_are expired -l zoo || fail 'not expired'
