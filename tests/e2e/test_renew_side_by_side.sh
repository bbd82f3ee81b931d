#!/bin/bash
# Several certificates side by side, at a CA that refuses nine of ten good nonces, that goes on with answers it has, that has none; and one
# certificate's failure leaves the others going.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fresh

six() {
	settings 'one.example.net: {names: [one.example.net, www.one.example.net]}' 'two.example.net:' 'three.example.org:' \
		'four: {names: ["*.four.example.net", four.example.net]}' 'five: {names: [two.example.net, one.example.net]}' "$@"
}
all_whole() {
	for name in one.example.net two.example.net three.example.org four five; do
		says "^issued: \[$name\]"
		whole "$name"
	done
	has_names five one.example.net two.example.net
	no_records one.example.net www.one.example.net two.example.net four.example.net
}

pebble_with PEBBLE_WFE_NONCEREJECT=90 PEBBLE_AUTHZREUSE=0
six
ends 0 certpush renew
all_whole

# Answers that the CA still has need no record: only what is new does.
pebble_with PEBBLE_AUTHZREUSE=100
ends 0 certpush renew --force
six 'six: {names: [one.example.net, new.example.net]}'
ends 0 certpush renew --force -vv
all_whole
has_names six new.example.net one.example.net
no_records new.example.net
# Of several chains the one that ends where it is said to.
pebble_with PEBBLE_ALTERNATE_ROOTS=2
name_of() { sed -n "s/^ *$1.*CN = //p" | tail -n 1; }
csplit -s -z -f "$dir/root." "$share/roots.pem" '/BEGIN/' '{*}'
n=0
for file in "$dir"/root.*; do
	root=$(openssl x509 -noout -text -in "$file" | name_of Subject:)
	if [[ $root != Pebble* ]]; then continue; fi
	n=$((n + 1))
	settings "chosen.example.net: {preferred_chain: $root}"
	ends 0 certpush renew --force
	whole chosen.example.net
	[[ $(openssl x509 -noout -text -in "$dir/store/chosen.example.net/chain.pem" | name_of Issuer:) == "$root" ]] ||
		fail "the chain doesn't end at $root"
done
((n == 3)) || fail "Pebble has $n roots, not three"
"$lab" ca

# The other side of one that fails: a name in no zone of ours, in a zone that nobody answers for, that this CA blocks.
six 'bad: {names: [ok.example.net, bad.example.com]}' 'blocked: {names: [blocked-domain.example]}'
keep_store
ends 1 certpush renew --force
all_whole
complains '^fatal: \[bad\] FAILED! .*bad\.example\.com.*REFUSED: it serves no such zone'
complains '^fatal: \[blocked\] FAILED! .*(rejectedIdentifier|REFUSED)'
(($(wc -l <"$dir/err") == 2)) || fail 'more than two lines of errors'
no_records ok.example.net
[[ ! -e $dir/store/bad/fullchain.pem && ! -e $dir/store/blocked/fullchain.pem ]] || fail 'something was issued'

# A name that no dns entry is for, at a CA that starts anew: even with PEBBLE_AUTHZREUSE=0, Pebble reuses one answer in a hundred.
"$lab" ca
dns=$(native 30s 'zones: [example.net]')
six
before=$(stored three.example.org)
ends 2 certpush renew --force
fails_with three.example.org 'three\.example\.org: no dns entry in certpush\.yml is for it$'
for name in one.example.net two.example.net four five; do says "^issued: \[$name\]"; done
[[ $(stored three.example.org) == "$before" ]] || fail 'it has changed'
