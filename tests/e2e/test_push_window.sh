#!/bin/bash
# A host outside of its window is looked at and left, and that is no failure; what is owed is remembered, told by check, and done within the window.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# A day that it isn't, and won't be before this test is over.
other=$(LC_ALL=C date -d '+3 days' +%a)
closed() { echo "certpush_window: $other 02:00-05:00" | host_vars "$1"; }
open() { echo "certpush_window: [$other 02:00-05:00, daily 00:00-24:00]" | host_vars "$1"; }
owed=$dir/store/.certpush/owed.json

# Nothing to do: the window doesn't matter.
closed ovh
ends 0 certpush push
says '^nothing to do: '
says_not 'window'
[[ ! -e $owed ]] || fail 'something is owed'

# Left, with a line and without a failure; the others go on.
mint_all
remember ovh
ends 0 certpush plan
says "^window: \[ovh\] owed until $other 02:00 \((dovecot, nginx|nginx, dovecot)\)$"
says '^would change: \[ovh\] => nginx'
as_before ovh
[[ ! -e $owed ]] || fail 'a plan has written what is owed'
ends 0 certpush push
says "^window: \[ovh\] owed until $other 02:00 "
says '^ovh +: ok=0 +changed=0 .*failed=0 owed=2$'
says_not '^linode .*owed'
as_before ovh
up_to_date linode panix
[[ $(stat -c %a "$owed") == 600 ]] || fail 'others can read what is owed'
jq -e '[.owed[] | .host + " " + .service + " " + .certificate] | sort ==
	["ovh dovecot imap.example.net", "ovh nginx www.example.net"]' "$owed" >/dev/null || fail "owed: $(cat "$owed")"
since=$(jq '.owed[0].since' "$owed")

# It stays owed since then, and check says so. With -q nothing is said of it by push.
ends 0 certpush push -q
silent
[[ $(jq '.owed[0].since' "$owed") == "$since" ]] || fail 'it is owed since now'
ends 0 certpush check
complains "^\[WARNING\]: www\.example\.net: ovh: nginx: its push is owed since .* GMT: the window opens $other 02:00$"
ends 0 certpush check linode.example.net
silent
ends 0 certpush check --format json
jq -se 'map(select(.event == "warning" and .host == "ovh" and .service == "nginx" and .until)) | length == 1' "$dir/out" >/dev/null ||
	fail "no warning: $(cat "$dir/out")"
ends 0 certpush push --format json
jq -se 'any(.[]; .event == "owed" and .host == "ovh" and (.until | test("T[0-9:]+Z$"))) and any(.[]; .event == "recap" and .recap.owed == 2)' \
	"$dir/out" >/dev/null || fail "no event: $(cat "$dir/out")"

# An hour that has passed, and an end that is near.
jq '.owed[].until = 1700000000' "$owed" >"$dir/edited"
cp "$dir/edited" "$owed"
quiet certpush push
ends 0 certpush check
complains 'the window opened .*, and nobody has pushed since$'
jq '.owed[].expires = (now | floor) + 86400' "$owed" >"$dir/edited"
cp "$dir/edited" "$owed"
ends 1 certpush check www.example.net
says '^expiry: \[www\.example\.net\] expires in .*: on ovh, where its push \(nginx\) is owed since '

# What is owed of one service stays so when the other is pushed, at any time.
ends 0 certpush push --any-time nginx
says '^changed: \[ovh\] => nginx'
[[ $(jq -r '[.owed[].service] | join(" ")' "$owed") == dovecot ]] || fail "owed: $(cat "$owed")"
open ovh
ends 0 certpush push
says '^changed: \[ovh\] => dovecot'
[[ ! -e $owed ]] || fail "owed still: $(cat "$owed")"
ends 0 certpush check
silent
# shellcheck disable=SC2086 # words
up_to_date $hosts

# Owed, and then found to be there; or the host is gone from the inventory.
closed ovh
mint www.example.net
quiet certpush push
[[ -e $owed ]] || fail 'nothing is owed'
"$lab" exec ovh sh -c 'cat >/etc/nginx/tls/privkey.pem' <"$dir/store/www.example.net/privkey.pem"
"$lab" exec ovh sh -c 'cat >/etc/nginx/tls/fullchain.pem' <"$dir/store/www.example.net/fullchain.pem"
"$lab" exec ovh nginx -s reload
quiet certpush push
[[ ! -e $owed ]] || fail "owed still: $(cat "$owed")"
mint www.example.net
quiet certpush push
echo 'certpush: false' | host_vars ovh
quiet certpush push
[[ ! -e $owed ]] || fail 'a service that is gone is owed something'
host_vars ovh </dev/null

# A plan that was kept waits for the window too.
quiet certpush push
closed ovh
ends 0 certpush plan --out plan.json --any-time
says_not 'window'
mint www.example.net
quiet certpush plan --out plan.json
ends 0 certpush push plan.json
says '^window: \[ovh\] owed until '
echo rubbish >"$owed"
ends 1 certpush check
complains 'owed\.json: damaged'
ends 0 certpush push --any-time
complains 'owed\.json: damaged.*: made anew$'
[[ ! -e $owed ]] || fail 'what was damaged is there still'
# shellcheck disable=SC2086 # words
up_to_date $hosts

# A window that makes no sense.
echo 'certpush_window: Mon-Fri 02:00' | host_vars ovh
ends 2 certpush push
told_once "host_vars/ovh\.yml:[0-9]+:[0-9]+: certpush_window: 'Mon-Fri 02:00': expected '-' and the time of its end, at character 14"
# shellcheck disable=SC2086 # words
nothing_left $hosts
