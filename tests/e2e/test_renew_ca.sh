#!/bin/bash
# A CA that misbehaves: told as what it is in one line, TXT records taken out, nothing in the store changed, exit 1.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
bounded() {
	acme_timeout=$1
	settings 'a.example.net: {names: [a.example.net, b.example.net]}'
}

# fault PLACE ACTION PATTERN: one run with it.
fault() {
	mode "$1 $2"
	forget
	ends 1 certpush renew --force
	fails_with a.example.net "$3"
	same_store
	behave
}
cleaned_fault() {
	fault "$@"
	no_records a.example.net b.example.net
}

# For what has no end; 60 s where nothing is waited for.
short=8s
bounded 60s
ends 0 certpush renew
whole a.example.net
keep_store

# Before there is a record.
at=home\\.example\\.net:14999
fault directory 'status 500' "$at: serverInternal: the database is on fire\$"
fault directory html 'directory: no ACME directory: answered with HTML, not JSON$'
fault directory garbage 'no ACME directory: answered with something else, not JSON$'
bounded $short
fault directory hang 'directory: no answer in time$'
bounded 60s
fault directory cut 'directory: the answer broke off$'
fault new-nonce close 'account: .*new-nonce: the connection was closed without an answer$'
mode 'account status 403' 'new-account status 403'
ends 1 certpush renew --force
fails_with a.example.net "account: $at: serverInternal: the database is on fire\$"
behave
fault new-order 'status 400' 'new order: .*the database is on fire$'
fault new-order html "new order: $at: .*no JSON object\$"
fault new-order close 'new order: .*closed without an answer$'
fault authz foreign 'the CA wants a record for www\.example\.org, which isn.t asked for$'
fault authz no-dns 'a\.example\.net: the CA offers no dns-01 challenge$'
bounded 20s
fault new-order badnonce "new order: $at: badNonce: never seen that one\$"
(($(asked new-order) > 100)) || fail "badNonce was given up after $(asked new-order) tries"
no_records a.example.net b.example.net

# With records in place.
bounded 60s
cleaned_fault authz invalid '[ab]\.example\.net: dns: NXDOMAIN looking up TXT$'
cleaned_fault challenge 'status 500' '[ab]\.example\.net: challenge: .*serverInternal: the database is on fire$'
was=$(order_of a.example.net)
ends 0 certpush renew --force
[[ $was && $(issued_by a.example.net) == "$was" ]] || fail 'not the order that was begun before the CA was in trouble'
keep_store
bounded $short
cleaned_fault challenge hang 'challenge: .*no answer in time$'
bounded 60s
cleaned_fault finalize html 'finalize: .*no JSON object$'
cleaned_fault finalize cut 'finalize: .*the answer broke off$'
fault finalize invalid 'CAA record forbids it$'
bounded $short
fault order processing 'order: still processing: no end in time$'
bounded 60s
fault cert close 'certificate: .*closed without an answer$'
ends 0 certpush renew --force
whole a.example.net
keep_store
