#!/bin/bash
# A primary whose clock is an hour ahead of ours, or behind: told as that, with the server, how much and which way; nothing is added, and
# the store stays as it was. (BIND's jemalloc and libfaketime don't go together.)
# shellcheck source=primaries_lib.sh
. "$(dirname "$0")/primaries_lib.sh"
fresh
settings a.example.net:
ends 0 certpush renew
keep_store
tsig_key k

# tells PORT ZONE WHAT
tells() {
	update_at "$1" k.key
	settings "a.example.net: {names: [a.$2]}"
	ends 1 certpush renew --force
	fails_with a.example.net "10\.53\.0\.1:$1: $3"
	[[ ! $(there "$1" "a.$2") ]] || fail 'a record was added'
	[[ ! -s $dir/store/.certpush/dns-records ]] || fail 'the journal names a record'
	same_store
	whole a.example.net
}
for skew in +1h -1h; do
	begin_knot 10.53.0.1 5356 knot.example.net k
	begin_pdns 5355 pdns.example.net k
	way=$([[ $skew == +* ]] && echo 'ahead of' || echo behind)
	tells 5356 knot.example.net "BADTIME: the server's clock is 3[56][0-9][0-9] s $way ours \(TSIG allows 300 s\)$"
	# It refuses without a word of why.
	tells 5355 pdns.example.net "NOTAUTH: .* or its clock differs from ours by more than 300 s: it doesn't say which$"
	end_primaries
done

# With the right time it's the same servers that take it.
skew=
pebble_with PEBBLE_VA_ALWAYS_VALID=1
begin_knot 10.53.0.1 5356 knot.example.net k
begin_pdns 5355 pdns.example.net k
for at in '5356 knot' '5355 pdns'; do
	update_at "${at% *}" k.key
	settings "a.example.net: {names: [a.${at#* }.example.net]}"
	ends 0 certpush renew --force
	[[ ! $(there "${at% *}" "a.${at#* }.example.net") ]] || fail 'a record is left'
done
