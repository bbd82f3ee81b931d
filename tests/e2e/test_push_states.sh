#!/bin/bash
# What a file on a host is, if it isn't what it should be: told by plan with dates and names; what is newer than the store is left alone;
# and no key leaves the host for it.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
on() { "$lab" exec "$@"; }
keep() {
	rm -rf "$dir/kept"
	cp -r "$dir/store/www.example.net" "$dir/kept"
}
bring() { for part in privkey fullchain; do on panix sh -c "cat >/etc/apache2/tls/$part.pem" <"$1/$part.pem"; done; }
date_of() { date -u -d "@$((EPOCHSECONDS + $1 * 86400))" +%F; }

# Older, with fewer names.
mint www.example.net from=-60 to=30 names=www.example.net,old.example.net
bring "$dir/store/www.example.net"
mint www.example.net
ends 0 certpush plan -l panix
says "^would change: \[panix\] => apache fullchain\.pem \(older: notAfter $(date_of 30) -> $(date_of 90)( \+[a-z.]+)+ -old\.example\.net\)$"
says '^would change: \[panix\] => apache privkey\.pem \(content\)$'
says "^would verify: \[panix\] => apache HTTPS notAfter="
says_not '^--- before'
ends 0 certpush plan -l panix --diff
says '^--- before: /etc/apache2/tls/fullchain\.pem$'
says '^\+\+\+ after: /etc/apache2/tls/fullchain\.pem$'
says '^ subject +www\.example\.net$'
says "^\+SHA-256 +$(stored www.example.net)$"
says '^ certificates +2$'
says '^-private key +another one$'
says '^\+private key +p256$'
says "^\+public key +$(openssl pkey -in "$dir/store/www.example.net/privkey.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)$"
ends 0 certpush push -n -l panix --diff --format json
jq -se 'map(select(.event == "changed")) | length == 2 and all(.[]; .dry and (.diff | startswith("--- before: ")))' "$dir/out" >/dev/null ||
	fail "no diff in $(cat "$dir/out")"
jq -se 'map(select(.event == "changed" and .part == "fullchain")) | .[0].names_lost == ["old.example.net"] and .[0].not_after > .[0].old_not_after' \
	"$dir/out" >/dev/null || fail "no names in $(cat "$dir/out")"
! grep -q 'PRIVATE' "$dir/out" || fail 'a key is shown'
ends 0 certpush push -l panix --format json
jq -se 'map(select(.event == "changed" and .part == "fullchain")) | length == 1 and .[0].old_fingerprint != .[0].fingerprint and .[0].old_not_after < "2100"' \
	"$dir/out" >/dev/null || fail "no old one in $(cat "$dir/out")"
up_to_date panix

# Somebody else's, and the right one beside a key that isn't its own.
keep
mint www.example.net names=other.example.org
bring "$dir/store/www.example.net"
rm -r "$dir/store/www.example.net"
mv "$dir/kept" "$dir/store/www.example.net"
on panix sh -c 'cat >/etc/apache2/tls/fullchain.pem' <"$ca/stranger.pem"
ends 0 certpush plan -l panix
says '^would change: \[panix\] => apache fullchain\.pem \(foreign: notAfter '
on panix sh -c 'cat >/etc/apache2/tls/fullchain.pem' <"$dir/store/www.example.net/fullchain.pem"
ends 0 certpush plan -l panix
says '^would change: \[panix\] => apache privkey\.pem \(wrong key\)$'
says_not 'fullchain'
ends 0 certpush push -l panix
up_to_date panix

# Newer than the store: refused, the others go on; with --force it is replaced. A key in the same file stays where it is.
mint www.example.net from=-3
quiet certpush push --force -l panix,ovh
keep
mint www.example.net
bring "$dir/store/www.example.net"
on panix sh -c 'cat /etc/apache2/tls/privkey.pem >>/etc/apache2/tls/fullchain.pem'
quiet certpush push -l ovh
rm -r "$dir/store/www.example.net"
mv "$dir/kept" "$dir/store/www.example.net"
remember panix ovh
ends 1 certpush push -vvv
complains '^fatal: \[panix\] FAILED! apache: /etc/apache2/tls/fullchain\.pem holds a certificate that is newer than the store.s \(since .* GMT, ours since .* GMT\): replaced only with push --force$'
complains '^fatal: \[ovh\] FAILED! nginx: /etc/nginx/tls/fullchain\.pem holds a certificate that is newer'
as_before panix ovh
up_to_date linode
! grep -q 'PRIVATE\|BEGIN' "$dir/out" "$dir/err" || fail 'a key is shown'
ends 1 certpush plan -l panix
ends 0 certpush plan --force -l panix
says '^would change: \[panix\] => apache fullchain\.pem \(newer: '
ends 0 certpush push --force
up_to_date panix ovh
# shellcheck disable=SC2086 # words
nothing_left $hosts
