# shellcheck shell=bash
# world - who is in the lab: hosts, addresses, what runs where, the zones, and which certificate goes where.

servers=(home linode panix ovh)
zoo_certificate=zoo.example.net # the one that all servers of the host zoo have
secondaries=(linode panix ovh) # ns1, ns2, ns3: the zones' public name servers
zones=(example.net example.org)
max_plain=200 # names of all of them are in the zone from the start
primary_v4=10.53.0.2
primary_v6=fd53::2
acme_port=14000

# A bridge of 10.53.0.0/16 and fd53::/64; IPv6 where the machine has it.
have_v6() { [[ -e /proc/net/if_inet6 ]]; }

# Everything a host has by its number: sets id. (No forks in here: these are asked hundreds of times.)
number() {
	case $1 in
	home) id=1 ;;
	linode) id=11 ;;
	panix) id=12 ;;
	ovh) id=13 ;;
	zoo) id=14 ;;
	plain*) id=$((100 + ${1#plain})) ;;
	esac
}
host_port() { local id && number "$1" && echo "port$id"; }
host_v4() { local id && number "$1" && echo "10.53.$((id / 256)).$((id % 256))"; }
host_v6() { local id && number "$1" && echo "fd53::$id"; }
host_addresses() {
	local id v6=
	number "$1"
	if have_v6; then v6=" fd53::$id"; fi
	echo "10.53.$((id / 256)).$((id % 256))$v6"
}
primary_addresses() {
	if have_v6; then echo "$primary_v4 $primary_v6"; else echo $primary_v4; fi
}

# Fixed, so that no neighbour's cache is ever out of date.
host_mac() { local id && number "$1" && printf '02:53:00:00:%02x:%02x\n' $((id / 256)) $((id % 256)); }

host_roles() {
	case $1 in
	home) echo sshd knot-primary unbound pebble ;;
	linode) echo sshd postfix inn knot-secondary ;;
	panix) echo sshd apache bind-secondary ;;
	ovh) echo sshd nginx dovecot knot-secondary ;;
	zoo) echo sshd dovecot-whole exim haproxy inspircd mariadb mosquitto ngircd postgresql prosody slapd vsftpd xrdp ;;
	*) echo sshd nginx ;;
	esac
}

# What a host lies over.
host_rootfs() { if [[ $1 == zoo ]]; then echo zoo; else echo base; fi; }

check_host() {
	case $1 in
	home | linode | panix | ovh | zoo) ;;
	plain[1-9] | plain[1-9][0-9] | plain1[0-9][0-9] | plain200) ;;
	*) usage "'$1' is not a host of the lab (home, linode, panix, ovh, zoo, plain1, ...)" ;;
	esac
}

# NAME SAN... of the certificates that are there before any push.
certificates='
linode.example.net linode.example.net mail.example.net smtp.example.net news.example.net
www.example.net    www.example.net example.net
imap.example.net   imap.example.net ovh.example.net
plain.example.net  plain.example.net *.plain.example.net
'

# role_certificates HOST: "ROLE DIRECTORY CERTIFICATE" of each service on it that has TLS.
role_certificates() {
	case $1 in
	linode)
		echo postfix /etc/postfix/tls linode.example.net
		echo inn /etc/news/tls linode.example.net
		;;
	panix) echo apache /etc/apache2/tls www.example.net ;;
	ovh)
		echo nginx /etc/nginx/tls www.example.net
		echo dovecot /etc/dovecot/tls imap.example.net
		;;
	zoo)
		echo dovecot-whole /etc/dovecot/tls "$zoo_certificate"
		echo exim /etc/exim4/tls "$zoo_certificate"
		echo haproxy /etc/haproxy/tls "$zoo_certificate"
		echo inspircd /etc/inspircd/tls "$zoo_certificate"
		echo mariadb /etc/mysql/tls "$zoo_certificate"
		echo mosquitto /etc/mosquitto/tls "$zoo_certificate"
		echo ngircd /etc/ngircd/tls "$zoo_certificate"
		echo postgresql /etc/postgresql/tls "$zoo_certificate"
		echo prosody /etc/prosody/tls "$zoo_certificate"
		echo slapd /etc/ldap/tls "$zoo_certificate"
		echo vsftpd /etc/vsftpd/tls "$zoo_certificate"
		echo xrdp /etc/xrdp/tls "$zoo_certificate"
		;;
	plain*) echo nginx /etc/nginx/tls plain.example.net ;;
	esac
}

# NAME ADDRESS... for every name of example.net; "@" is the zone itself.
names() {
	local n
	echo "primary $(primary_addresses)"
	for n in home pebble; do echo "$n $(host_addresses home)"; done
	for n in linode mail smtp news ns1; do echo "$n $(host_addresses linode)"; done
	for n in panix ns2; do echo "$n $(host_addresses panix)"; done
	for n in ovh imap ns3; do echo "$n $(host_addresses ovh)"; done
	echo "zoo $(host_addresses zoo)"
	for n in www @; do echo "$n $(host_addresses panix) $(host_addresses ovh)"; done
	for ((n = 1; n <= max_plain; n++)); do
		printf 'plain%s ' "$n"
		host_addresses "plain$n"
	done
}

# Serial: seconds since 1970, so that a primary that starts anew is ahead of what the secondaries hold. Times of
# hours, so that nothing but NOTIFY moves data.
zone_file() {
	cat <<-END
		@ 60 SOA primary.example.net. hostmaster.example.net. $EPOCHSECONDS 14400 7200 1209600 1
		@ 60 NS ns1.example.net.
		@ 60 NS ns2.example.net.
		@ 60 NS ns3.example.net.
	END
	case $1 in
	example.net)
		echo '@ 60 MX 10 mail.example.net.'
		names | address_records
		# names whose challenges are answered elsewhere, one in circles, and two that are handed down to a server of a test's
		cat <<-END
			_acme-challenge.moved 60 CNAME moved.acme
			_acme-challenge.far 60 CNAME _acme-challenge.near
			_acme-challenge.near 60 CNAME far.acme
			acme-old 60 DNAME acme.example.net.
			_acme-challenge.renamed 60 CNAME renamed.acme-old
			_acme-challenge.handed 60 NS ns4
			_acme-challenge.lame 60 NS ns4
			ns4 60 A 10.53.0.3
			_acme-challenge.circle 60 CNAME circle.acme
			circle.acme 60 CNAME _acme-challenge.circle
			forbidden 60 CAA 0 issue "somebody.example"
			permitted 60 CAA 0 issue "fake.example; validationmethods=http-01,dns-01"
			permitted 60 CAA 0 issuewild ";"
		END
		;;
	*) echo "www $(host_addresses panix)" | address_records ;;
	esac
}
address_records() { awk '{ for (i = 2; i <= NF; i++) print $1, 60, $i ~ /:/ ? "AAAA" : "A", $i }'; }

# What /etc/hosts says on the control side and on the hosts, so that reaching a host needs no name server.
hosts_file() {
	echo '127.0.0.1 localhost'
	if have_v6; then echo '::1 localhost ip6-localhost'; fi
	names | awk '{ for (i = 2; i <= NF; i++) print $i, $1 == "@" ? "example.net" : $1 ".example.net " $1 }'
}

resolv_conf() { echo "nameserver $(host_v4 home)"; }
