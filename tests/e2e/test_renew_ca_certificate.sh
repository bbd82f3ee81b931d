#!/bin/bash
# What a CA sends for a certificate is looked at: a private key in it, other names, another key, none at all. The store stays
# as it is, and the next run doesn't ask for the same thing again but begins another order.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
settings 'a.example.net: {names: [a.example.net, b.example.net]}'
ends 0 certpush renew
whole a.example.net
keep_store

refused() {
	mode "cert $1"
	ends 1 certpush renew --force -vv
	fails_in_talk "$2"
	same_store
	[[ ! $(order_of a.example.net) ]] || fail 'the order is still kept'
	! grep -F "$(sed -n 2p "$dir/ca/other.key" 2>/dev/null || echo none)" "$dir/out" "$dir/err" || fail 'a private key is shown'
}
# Of what -vv tells, one line says what is wrong.
fails_in_talk() {
	grep -v '^[a-z]' "$dir/err" >"$dir/other" || :
	(($(grep -c '^fatal: \[a\.example\.net\] FAILED! ' "$dir/err") == 1)) || fail 'not one failure'
	complains "^fatal: .*$1"
}
refused html 'certificate: .*the answer holds no certificate$'
refused with-key 'holds what is no certificate: .-----BEGIN (EC )?PRIVATE KEY-----.: refused$'
refused other-names 'the CA issued a certificate for other names$'
refused other-key 'certificate is for another key$'
refused expired 'certificate that has expired$'
no_records a.example.net b.example.net
behave
ends 0 certpush renew --force
whole a.example.net
has_names a.example.net a.example.net b.example.net
