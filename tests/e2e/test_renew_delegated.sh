#!/bin/bash
# A challenge that is a zone of its own, at another provider: its record is added there, by the entry for that zone, beside another one that
# stays at the main provider. Entries in the wrong order, a key that isn't for there, and a delegation to a server that doesn't know of it.
# shellcheck source=primaries_lib.sh disable=SC2317
. "$(dirname "$0")/primaries_lib.sh"
fresh
elsewhere=10.53.0.3
leave_there() {
	local status=$?
	set +e
	in_home ip address del $elsewhere/16 dev eth0
	(exit $status)
	leave_primaries
}
trap leave_there EXIT
in_home ip address add $elsewhere/16 dev eth0
zone=_acme-challenge.handed.example.net
tsig_key theirs
begin_knot $elsewhere 53 $zone theirs ns4.example.net

# entry SERVER KEY ZONE
entry() { echo "  - {zones: [$3], provider: rfc2136, server: \"$1\", tsig: {secret_file: $2}, $(propagation 3s)}"; }
nothing_left() {
	[[ ! $(there 53 handed.example.net $elsewhere) ]] || fail 'a record is left there'
	no_records stays.example.net
}

names='{names: [handed.example.net, "*.handed.example.net", stays.example.net]}'
dns="$(entry $elsewhere theirs.key $zone; native)"
settings "handed.example.net: $names"
ends 0 certpush renew
whole handed.example.net
has_names handed.example.net handed.example.net '*.handed.example.net' stays.example.net
nothing_left
keep_store

# The first that is for all takes it, and its server knows better.
dns="$(native; entry $elsewhere theirs.key $zone)"
settings "handed.example.net: $names"
ends 1 certpush renew --force
fails_with handed.example.net "$zone is delegated to ns4\\.example\\.net: .*'zones: \\[$zone\\]' that stands before"
nothing_left
same_store

# Each has its own key.
dns="$(entry $elsewhere "$share/tsig.key" $zone; native)"
settings "handed.example.net: $names"
ends 1 certpush renew --force
fails_with handed.example.net "10\\.53\\.0\\.3: BADKEY: the server doesn't know TSIG key certpush"
nothing_left
same_store

# Its server doesn't serve it: seen from the zone above; as the primary; as what the public would ask, while the primary is another one.
dns=$(native)
settings lame.example.net:
ends 1 certpush renew
fails_with lame.example.net '_acme-challenge\.lame\.example\.net is delegated to ns4\.example\.net: '
zone=_acme-challenge.lame.example.net
dns="$(entry $elsewhere theirs.key $zone; native)"
settings lame.example.net:
ends 1 certpush renew --force
fails_with lame.example.net "SOA of $zone: 10\\.53\\.0\\.3: REFUSED: it serves no such zone"
begin_bind 5354 $zone theirs
dns="$(entry 10.53.0.1:5354 theirs.key $zone; native)"
settings lame.example.net:
ends 1 certpush renew --force
fails_with lame.example.net "TXT $zone isn't shown after 3 s by [12] of [12] addresses: ns4\\.example\\.net \\(10\\.53\\.0\\.3\\): REFUSED"
[[ ! $(there 5354 lame.example.net) ]] || fail 'a record is left'
end_primaries
dns="$(entry $elsewhere theirs.key $zone; native)"
settings lame.example.net:
ends 1 certpush renew --force
fails_with lame.example.net "connect to 10\\.53\\.0\\.3: [Cc]onnection refused"
