#!/bin/bash
# Name servers that don't do their part: a secondary that lags or is down, a primary that is down, a TSIG key it doesn't take. Told by
# name, cleaned up, nothing in the store changed; the next run goes on with the order that was begun.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
hosts='home linode panix ovh'
fresh
settings 'a.example.net:'
ends 0 certpush renew
keep_store

# A secondary that lags beyond the bound.
dns=$(native 3s)
settings 'a.example.net: {names: [a.example.net, b.example.net]}'
"$lab" break ovh lag
ends 1 certpush renew
fails_with a.example.net "TXT _acme-challenge\.[ab]\.example\.net isn't shown after 3 s by [1-6] of [3-6] addresses: ns[123]\.example\.net \([0-9a-f.:]+\): [^,]*, serial [0-9]+ of [0-9]+$"
complains '^    ns3\.example\.net  10\.53\.0\.13 +(no such name|no TXT record there|1 other value) +serial [0-9]+ of [0-9]+$'
complains '^    ns1\.example\.net  10\.53\.0\.11 +'
[[ ! $(servers=10.53.0.2 records a.example.net b.example.net) ]] || fail 'the records are not taken out'
same_store
order=$(order_of a.example.net)
[[ $order ]] || fail 'the order is forgotten'
"$lab" mend ovh
no_records a.example.net b.example.net
dns=$(native)
settings 'a.example.net: {names: [a.example.net, b.example.net]}'
ends 0 certpush renew
[[ $(issued_by a.example.net) == "$order" ]] || fail "not the order that was begun: $order"
[[ ! $(order_of a.example.net) ]] || fail 'the order is kept though it is done'
has_names a.example.net a.example.net b.example.net
whole a.example.net
keep_store

# One that is off the net. Names that are new each time: even with PEBBLE_AUTHZREUSE=0, Pebble reuses one answer in a hundred.
dns=$(native 3s)
settings 'a.example.net: {names: [c.example.net]}'
"$lab" break panix unreachable
ends 1 certpush renew --force
fails_with a.example.net "isn't shown after 3 s by [1-6] of [3-6] addresses: "
complains '^    ns2\.example\.net  10\.53\.0\.12 +no answer$'

[[ ! $(servers=10.53.0.2 records c.example.net) ]] || fail 'the records are not taken out'
"$lab" mend panix
same_store

# A primary that isn't there.
dns=$(native 3s | sed 's/primary\.example\.net/10.53.0.2:5353/')
settings 'a.example.net: {names: [c.example.net]}'
ends 1 certpush renew --force
fails_with a.example.net 'connect to 10\.53\.0\.2:5353: [Cc]onnection refused$'
same_store

# A key of another secret, of a name that isn't known; a zone that isn't the primary's.
printf 'key "certpush" { algorithm hmac-sha256; secret "%s"; };\n' "$(openssl rand -base64 32)" >wrong.key
chmod 600 wrong.key
dns=$(secret=wrong.key native)
settings 'a.example.net: {names: [c.example.net]}'
ends 1 certpush renew --force
fails_with a.example.net ': (10\.53\.0\.2|fd53::2): BADSIG: the server has another secret or algorithm for TSIG key certpush$'
dns=$(native | sed 's/name: certpush/name: somebody/')
sed 's/certpush/somebody/' "$share/tsig.key" >wrong.key
dns=$(secret=wrong.key native | sed 's/name: certpush/name: somebody/')
settings 'a.example.net: {names: [c.example.net]}'
ends 1 certpush renew --force
fails_with a.example.net ': (10\.53\.0\.2|fd53::2): BADKEY: the server doesn.t know TSIG key somebody'
same_store
dns=$(native)
settings a.example.com:
ends 1 certpush renew
fails_with a.example.com 'SOA of _acme-challenge\.a\.example\.com: .*REFUSED: it serves no such zone, or its rules forbid it'
no_records a.example.net b.example.net
