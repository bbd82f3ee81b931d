#!/bin/bash
# Other primaries than Knot: BIND, with a key of every TSIG algorithm, and PowerDNS, by dynamic updates and by its HTTP API. Pebble takes
# every challenge as valid here; certpush asks each primary itself for the record.
# shellcheck source=renew_lib.sh disable=SC2317 # called by the trap
. "$(dirname "$0")/renew_lib.sh"
fresh
in_home() { "$lab" exec home "$@"; }
end_primaries() {
	# shellcheck disable=SC2016 # expanded there
	in_home sh -c 'for f in /run/certpush-test/*.pid; do [ ! -e "$f" ] || kill "$(cat "$f")"; done; rm -rf /run/certpush-test' || :
}
leave_primaries() {
	local status=$?
	set +e
	end_primaries
	(exit $status)
	leave
}
trap leave_primaries EXIT
answers() { "$lab" run dig +short +time=1 +tries=1 @10.53.0.1 -p "$1" "$2" SOA | grep -q .; }
there() { "$lab" run dig +short +time=1 +tries=1 @10.53.0.1 -p "$1" "_acme-challenge.$2" TXT; }
secret() { openssl rand -base64 "$1"; }

algorithms='sha1 sha224 sha256 sha384 sha512 md5'
umask 077
for a in $algorithms; do printf 'key "k-%s" {\n\talgorithm hmac-%s;\n\tsecret "%s";\n};\n' "$a" "$a" "$(secret 32)" >"$a.key"; done
umask 022

# ---- BIND
begin_bind() {
	in_home mkdir -p /run/certpush-test/bind
	cat ./*.key | in_home tee /run/certpush-test/bind/keys >/dev/null
	in_home sh -c 'cat >/run/certpush-test/bind/zone' <<-END
		@ 60 SOA ns.bind.example.net. hostmaster.example.net. 1 3600 600 86400 60
		@ 60 NS ns.bind.example.net.
		ns 60 A 10.53.0.1
	END
	in_home sh -c 'cat >/run/certpush-test/bind/named.conf' <<-END
		include "/run/certpush-test/bind/keys";
		options {
			directory "/run/certpush-test/bind";
			pid-file "/run/certpush-test/named.pid";
			session-keyfile none;
			listen-on port 5354 { 10.53.0.1; };
			listen-on-v6 { none; };
			recursion no;
			dnssec-validation no;
		};
		controls { };
		zone "bind.example.net" {
			type primary;
			file "zone";
			update-policy { $(for a in $algorithms; do echo "grant k-$a wildcard * TXT;"; done) };
		};
	END
	in_home sh -c 'named -c /run/certpush-test/bind/named.conf -L /run/certpush-test/bind/log'
	eventually answers 5354 bind.example.net || fail "BIND doesn't answer: $(in_home tail -n 3 /run/certpush-test/bind/log)"
}
update_at() { # PORT TSIG [MORE]
	dns="  - {provider: rfc2136, server: \"10.53.0.1:$1\", tsig: {secret_file: $2${3-}}, propagation: {check: servers, servers: [\"10.53.0.1:$1\"], timeout: 10s}}"
}
pebble_with PEBBLE_VA_ALWAYS_VALID=1
begin_bind
for a in $algorithms; do
	update_at 5354 "$a.key" "$([[ $a != md5 ]] || echo ', allow_md5: yes')"
	settings "$a.bind.example.net: {names: [$a.bind.example.net, \"*.$a.bind.example.net\"]}"
	ends 0 certpush renew
	whole "$a.bind.example.net"
	[[ ! $(there 5354 "$a.bind.example.net") ]] || fail "the record of $a is left"
done
update_at 5354 md5.key
settings md5.bind.example.net:
ends 2 certpush renew --force
fails_with md5.bind.example.net "TSIG algorithm hmac-md5 is broken, and RFC 8945 forbids it: .*'allow_md5: yes'"
# Another key of the same name.
sed 's/secret ".*"/secret "d3Jvbmc="/' sha256.key >wrong.key
chmod 600 wrong.key
update_at 5354 wrong.key
settings x.bind.example.net:
ends 1 certpush renew
fails_with x.bind.example.net 'BADSIG'

# ---- PowerDNS
begin_pdns() {
	in_home mkdir -p /run/certpush-test/pdns
	in_home sh -c 'cat >/run/certpush-test/pdns/pdns.conf' <<-END
		launch=gsqlite3
		gsqlite3-database=/run/certpush-test/pdns/db
		local-address=10.53.0.1
		local-port=5355
		socket-dir=/run/certpush-test/pdns
		dnsupdate=yes
		allow-dnsupdate-from=10.53.0.0/24
		api=yes
		api-key=an-api-key
		webserver-address=127.0.0.1
		webserver-port=8081
		security-poll-suffix=
	END
	# shellcheck disable=SC2016 # expanded there
	in_home sh -ec '
		sqlite3 /run/certpush-test/pdns/db </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
		pdnsutil() { command pdnsutil --config-dir=/run/certpush-test/pdns "$@"; }
		pdnsutil create-zone pdns.example.net ns.pdns.example.net
		pdnsutil import-tsig-key k-sha256 hmac-sha256 "$1"
		pdnsutil set-meta pdns.example.net TSIG-ALLOW-DNSUPDATE k-sha256' pdns "$(sed -n 's/.*secret "\(.*\)".*/\1/p' sha256.key)" >/dev/null 2>&1
	in_home sh -c 'setsid pdns_server --config-dir=/run/certpush-test/pdns --daemon=no </dev/null >/run/certpush-test/pdns/log 2>&1 & echo $! >/run/certpush-test/pdns.pid'
	eventually answers 5355 pdns.example.net || fail "PowerDNS doesn't answer: $(in_home tail -n 3 /run/certpush-test/pdns/log)"
}
begin_pdns
update_at 5355 sha256.key
settings 'u.pdns.example.net: {names: [u.pdns.example.net, "*.u.pdns.example.net"]}'
ends 0 certpush renew
whole u.pdns.example.net
[[ ! $(there 5355 u.pdns.example.net) ]] || fail 'a record is left'

# By its API, beside a value that is somebody else's.
printf 'an-api-key\n' >api.key
chmod 600 api.key
in_home pdnsutil --config-dir=/run/certpush-test/pdns add-record pdns.example.net _acme-challenge.a TXT 60 '"theirs"' >/dev/null 2>&1
dns='  - {provider: powerdns, api: "http://127.0.0.1:8081", secret_file: api.key, propagation: {check: servers, servers: ["10.53.0.1:5355"], timeout: 10s}}'
settings 'a.pdns.example.net: {names: [a.pdns.example.net, "*.a.pdns.example.net"]}' b.pdns.example.net:
ends 0 certpush renew
for name in a b; do whole $name.pdns.example.net; done
[[ $(there 5355 a.pdns.example.net) == '"theirs"' ]] || fail "not theirs alone: $(there 5355 a.pdns.example.net)"
[[ ! $(there 5355 b.pdns.example.net) ]] || fail 'a record is left'
settings a.example.com:
ends 1 certpush renew
fails_with a.example.com 'this account has no zone that _acme-challenge\.a\.example\.com is in'
printf 'another-key\n' >api.key
settings c.pdns.example.net:
ends 1 certpush renew
fails_with c.pdns.example.net '127\.0\.0\.1:8081: status 401'
! grep -r another-key "$dir/out" "$dir/err" || fail 'the key is shown'
