#!/bin/bash
# What is asked for is what is issued: names, wildcards, key types, kept keys; and what makes a certificate due.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fresh

# key_is NAME PATTERN: as openssl tells the key's kind.
key_is() {
	openssl pkey -in "$dir/store/$1/privkey.pem" -noout -text | tr -d '\n' | grep -Eq "$2" || fail "$1: the key isn't $2"
	whole "$1"
}

settings 'p256.example.net: {key: p256}' 'p384.example.net: {key: p384}' 'r2.example.net: {key: rsa2048}' \
	'r3.example.net: {key: rsa3072}' 'r4.example.net: {key: rsa4096}' \
	'both: {names: [apex.example.net, "*.apex.example.net", www.example.org]}' \
	'star: {names: ["*.star.example.net"]}' 'many: {names: [m1.example.net, m2.example.net, M3.Example.NET, m2.example.net.]}'
ends 0 certpush renew
(($(grep -c '^issued: ' "$dir/out") == 8)) || fail 'not all eight are issued'
key_is p256.example.net 'ASN1 OID: prime256v1'
key_is p384.example.net 'ASN1 OID: secp384r1'
key_is r2.example.net '\(2048 bit'
key_is r3.example.net '\(3072 bit'
key_is r4.example.net '\(4096 bit'
has_names p256.example.net p256.example.net
has_names both '*.apex.example.net' apex.example.net www.example.org
has_names star '*.star.example.net'
has_names many m1.example.net m2.example.net m3.example.net
whole both
no_records apex.example.net star.example.net m1.example.net
keep_store
ends 0 certpush renew
says '^nothing is due$'
same_store

# Another set of names makes it due, another order of them doesn't.
settings 'many: {names: [m3.example.net, m1.example.net, m2.example.net]}' 'star: {names: ["*.star.example.net", star.example.net]}'
ends 0 certpush renew -n
says '^due: \[star\] .*: the names in the settings have changed$'
(($(grep -c '^due: ' "$dir/out") == 1)) || fail 'more than one is due'
same_store
ends 0 certpush renew
has_names star '*.star.example.net' star.example.net

# CERT words; one that isn't there is asked after.
keep_store
ends 2 certpush renew --force sta
complains "^certpush: no certificate 'sta' in certpush\.yml: did you mean star\?$"
same_store
many=$(stored many)
star=$(stored star)
ends 0 certpush renew --force star
says '^due: \[star\] expires in 89 days \(.*\): forced$'
[[ $(stored star) != "$star" ]] || fail 'it was not forced'
[[ $(stored many) == "$many" ]] || fail 'another certificate was forced too'

# A kept key, and one that is not kept.
kept=$(spki star)
settings 'star: {names: ["*.star.example.net", star.example.net], reuse_key: true}' 'many: {names: [m1.example.net, m2.example.net, m3.example.net]}'
old=$(spki many)
star=$(stored star)
ends 0 certpush renew --force
[[ $(spki star) == "$kept" ]] || fail 'the key was to be kept'
[[ $(stored star) != "$star" ]] || fail 'it is the same certificate'
[[ $(spki many) != "$old" ]] || fail 'the key was not to be kept'
settings 'star: {names: ["*.star.example.net", star.example.net], key: rsa2048, reuse_key: true}'
ends 0 certpush renew --force
key_is star '\(2048 bit'

# renew_days: of 90 days of life. Of 120 it would be due again at once, and every day.
for days in 30 120; do
	more="renew_days: $days"
	settings 'many: {names: [m1.example.net, m2.example.net, m3.example.net]}'
	ends 0 certpush renew -n
	says '^nothing is due$'
done
