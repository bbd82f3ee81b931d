#!/bin/bash
# Other primaries than Knot: BIND, with a key of every TSIG algorithm, and PowerDNS, by dynamic updates and by its HTTP API. Pebble takes
# every challenge as valid here; certpush asks each primary itself for the record.
# shellcheck source=primaries_lib.sh
. "$(dirname "$0")/primaries_lib.sh"
fresh

# ---- BIND
algorithms=(sha1 sha224 sha256 sha384 sha512 md5)
for a in "${algorithms[@]}"; do tsig_key "k-$a" "$a"; done
pebble_with PEBBLE_VA_ALWAYS_VALID=1
begin_bind 5354 bind.example.net "${algorithms[@]/#/k-}"
for a in "${algorithms[@]}"; do
	also=
	[[ $a != md5 ]] || also=', allow_md5: yes'
	update_at 5354 "k-$a.key$also"
	settings "$a.bind.example.net: {names: [$a.bind.example.net, \"*.$a.bind.example.net\"]}"
	ends 0 certpush renew
	whole "$a.bind.example.net"
	[[ ! $(there 5354 "$a.bind.example.net") ]] || fail "the record of $a is left"
done
update_at 5354 k-md5.key
settings md5.bind.example.net:
ends 2 certpush renew --force
fails_with md5.bind.example.net "TSIG algorithm hmac-md5 is broken, and RFC 8945 forbids it: .*'allow_md5: yes'"
# Another key of the same name.
sed 's/secret ".*"/secret "d3Jvbmc="/' k-sha256.key >wrong.key
chmod 600 wrong.key
update_at 5354 wrong.key
settings x.bind.example.net:
ends 1 certpush renew
fails_with x.bind.example.net 'BADSIG'

# ---- PowerDNS
begin_pdns 5355 pdns.example.net k-sha256
update_at 5355 k-sha256.key
settings 'u.pdns.example.net: {names: [u.pdns.example.net, "*.u.pdns.example.net"]}'
ends 0 certpush renew
whole u.pdns.example.net
[[ ! $(there 5355 u.pdns.example.net) ]] || fail 'a record is left'

# By its API, beside a value that is somebody else's.
printf 'an-api-key\n' >api.key
chmod 600 api.key
in_home pdnsutil --config-dir=$place/pdns add-record pdns.example.net _acme-challenge.a TXT 60 '"theirs"' >/dev/null 2>&1
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
