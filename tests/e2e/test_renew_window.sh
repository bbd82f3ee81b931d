#!/bin/bash
# The CA says when it wants a certificate renewed (RFC 9773), and is told which one an order replaces; what the settings no longer say is
# renewed; other chains; profiles; and the CA that stands by.
# shellcheck source=renew_lib.sh disable=SC2119
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
state() { jq -r ".$1 // empty" "$dir/store/${2-a.example.net}/state.json"; }
set_state() { # NAME VALUE
	local file=$dir/store/a.example.net/state.json
	jq ".$1 = $2" "$file" >"$file.new"
	mv "$file.new" "$file"
}
window() { echo "$*" >"$dir/ca/window"; }
ordered() { grep '^new-order' "$dir/ca/payloads" | tail -n 1; }

settings a.example.net:
ends 0 certpush renew
day=86400
# Not yet: the instant is drawn once, and the CA isn't asked again before the time it gave.
set_state renewal_again 0
window $((20 * day)) $((22 * day))
ends 0 certpush renew
says '^nothing is due$'
at=$(state renewal_at)
now=$(date +%s)
((at >= now + 20 * day - 60 && at < now + 22 * day)) || fail "$at is outside of the window"
forget
ends 0 certpush renew
(($(asked window) + $(asked directory) == 0)) || fail 'the CA was asked again'
set_state renewal_again 0
# another window, another instant
window $((30 * day)) $((31 * day))
ends 0 certpush renew -v
((at != $(state renewal_at))) || fail 'the instant of the old window'
# A dry run asks, and writes nothing.
set_state renewal_again 0
window -3600 -1800 https://ca.example/incident
cp "$dir/store/a.example.net/state.json" "$dir/state.before"
ends 0 certpush renew -n
says '^due: \[a\.example\.net\] .*: the CA wants it renewed, see https://ca\.example/incident$'
cmp "$dir/state.before" "$dir/store/a.example.net/state.json" || fail 'a dry run wrote'
# It is over: renewed now, with the predecessor named; what the CA refuses of that is tried without.
set_state ordered 1
mode 'new-order replaced'
id=$(state renewal_id)
forget
ends 0 certpush renew
[[ $(grep '^new-order' "$dir/ca/payloads" | tail -n 2 | grep -c "\"replaces\": \"$id\"") == 1 ]] || fail 'without a predecessor'
(($(asked new-order) == 2)) || fail 'not once more without'
behave
# A CA that answers no more: by the certificate's own time.
window -3600 -1800
mode 'window status 404'
ends 0 certpush renew -v
says 'nothing is due'
complains 'renewal information: .*the database is on fire'
behave
rm "$dir/ca/window"

# What the settings no longer say.
set_state ordered 1
settings 'a.example.net: {key: p384}'
ends 0 certpush renew
says '^due: .*: the key type in the settings has changed$'
ends 0 certpush renew
says '^nothing is due$'
mode 'directory profiles'
set_state ordered 1
settings 'a.example.net: {key: p384, profile: shortlived}'
ends 0 certpush renew
says '^due: .*: the profile in the settings has changed$'
ordered | grep -qF '"profile": "shortlived"' || fail 'without its profile'
ends 0 certpush renew
says '^nothing is due$'
settings 'a.example.net: {key: p384, profile: {prefer: tiny}}'
set_state ordered 1
ends 0 certpush renew
! ordered | grep -qF profile || fail 'with a profile that there is not'
ends 0 certpush renew
says '^nothing is due$'
settings 'a.example.net: {key: p384, profile: tiny}'
set_state ordered 1
ends 2 certpush renew
fails_with a.example.net "has no profile 'tiny', only: classic, shortlived"
behave

# Another chain: by its topmost issuer's name; a CA that has none such gives its first.
mode 'cert alternate'
issuer() { openssl crl2pkcs7 -nocrl -certfile "$dir/store/a.example.net/chain.pem" | openssl pkcs7 -print_certs -noout | grep issuer | tail -n 1; }
settings 'a.example.net: {preferred_chain: Older Root}'
ends 0 certpush renew --force
[[ $(issuer) == *'Older Root' ]] || fail "the chain ends at $(issuer)"
whole a.example.net
settings 'a.example.net: {preferred_chain: No Root}'
ends 0 certpush renew --force
complains "none of the CA's chains ends at 'No Root': it has its first one, by 'Fake Root'"
[[ $(issuer) == *'Fake Root' ]] || fail "the chain ends at $(issuer)"
behave

# CAA, looked at before an order is made.
mode 'directory caa'
forget
settings www.forbidden.example.net:
ends 1 certpush renew
fails_with www.forbidden.example.net "CAA at forbidden\.example\.net doesn't permit this CA \(fake\.example\), method dns-01: issue .somebody\.example."
settings 'permitted.example.net: {names: ["*.permitted.example.net"]}'
ends 1 certpush renew
fails_with permitted.example.net "\*\.permitted\.example\.net: CAA at permitted\.example\.net doesn't permit"
(($(asked new-order) == 0)) || fail 'an order was made'
settings www.permitted.example.net:
ends 0 certpush renew
behave
rm -r "$dir/store/www.permitted.example.net"

# The CA that stands by: only once half of the time is gone, and only where it is the first one's fault.
two() {
	cat >certpush.yml <<-END
		store: ../store
		acme: {ca: [first, second], timeout: 5s}
		cas:
		  first: {directory: "$fake", ca_file: "$share/pebble-ca.pem"}
		  second: {directory: "$pebble", ca_file: "$share/pebble-ca.pem"}
		dns:
		$(native)
		certificates: {a.example.net: , b.example.net: }
	END
}
two
mode 'new-order status 503'
ends 1 certpush renew --force a.example.net # it has ninety days
fails_with a.example.net 'serverInternal'
ends 0 certpush renew b.example.net # it has nothing
complains '^\[WARNING\]: b\.example\.net: first has failed, second stands by: .*serverInternal'
whole b.example.net
[[ $(state directory b.example.net) == "$pebble" ]] || fail 'who has issued it?'
ends 0 certpush renew b.example.net
says '^nothing is due$'
no_records a.example.net b.example.net
# It backs off from what the CA has refused, and says until when.
settings a.example.net:
mode 'new-order status 403'
ends 1 certpush renew --force a.example.net
behave
ends 0 certpush renew a.example.net
set_state retry_at "$(($(date +%s) + 1800))"
set_state revoked '"superseded"'
ends 1 certpush renew a.example.net
fails_with a.example.net 'not tried again before .* GMT, but with --force \(.*the database is on fire'
ends 0 certpush renew --force a.example.net
