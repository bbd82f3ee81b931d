#!/bin/bash
# The account at a CA: registered once, found again, told a new contact, given another key, ended; bound to another one where the CA
# wants that; and certificates revoked.
# shellcheck source=renew_lib.sh disable=SC2119
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
with() { # with MORE-OF-ACME
	settings a.example.net:
	sed -i "/^acme:/s|timeout: |$1, timeout: |" certpush.yml
}
told_ca() { grep -F "$1" "$dir/ca/payloads" | tail -n "${2-1}"; }
account_dir() { find accounts -mindepth 1 -maxdepth 1; }

settings a.example.net:
ends 0 certpush account show
says '^account: \['"$fake"'\] => none yet$'
[[ ! -e accounts ]] || fail 'show has made something'
with 'contact: me@example.net'
ends 0 certpush account register
says '^account: .* => registered https://home\.example\.net:14999/account/1$'
told_ca new-account | grep -qF '"contact": ["mailto:me@example.net"]' || fail 'without its contact'
[[ $(stat -c %a "$(account_dir)/account_key.pem") == 600 ]] || fail 'the key is open'
forget
ends 0 certpush account register
says 'registered before'
ends 0 certpush renew
ends 0 certpush account show
says ' => valid https://.*account/1 \(p256 key, mailto:me@example\.net\)$'
(($(asked new-account) == 0)) || fail 'a second newAccount'
with 'contact: you@example.net'
ends 0 certpush account register
told_ca account | grep -qF 'you@example.net' || fail 'the CA was not told of the new contact'
forget
ends 0 certpush account register
[[ $(asked account) == 1 ]] || fail 'and told again'

# A CA that has lost it is told all again, with the same key.
mode 'account forget'
ends 0 certpush renew --force
(($(asked new-account) == 2)) || fail 'asked for it, then registered: not that'
behave

# Another key, on disk before the CA has it: killed in between, the next run finds out whose account it is.
was=$(sha256sum <"$(account_dir)/account_key.pem")
with 'contact: you@example.net, account_key: p384'
ends 0 certpush account rollover
says 'has a new key .*\(p384\)'
[[ $(sha256sum <"$(account_dir)/account_key.pem") != "$was" && ! -e $(account_dir)/account_key.new.pem ]] || fail 'the old key'
was=$(sha256sum <"$(account_dir)/account_key.pem")
for action in lost retried; do # the CA has it, and nobody was told
	mode "key-change $action"
	ends 0 certpush account rollover
	[[ $(sha256sum <"$(account_dir)/account_key.pem") != "$was" ]] || fail "$action: the old key"
	was=$(sha256sum <"$(account_dir)/account_key.pem")
	behave
	ends 0 certpush renew --force
done
for action in 'signal KILL' close 'status 400'; do # after a kill the CA has the new key all the same
	mode "key-change $action"
	start account rollover
	finished
	((status != 0)) || fail "$action: it succeeded"
	behave
	ends 0 certpush renew --force
	[[ ! -e $(account_dir)/account_key.new.pem ]] || fail "$action: undecided"
	now=$(sha256sum <"$(account_dir)/account_key.pem")
	[[ $action == signal* || $now == "$was" ]] || fail "$action: another key"
	was=$now
done
ends 0 certpush account show

# Revoked: by the account; with its own key where that is in other hands; the next run replaces it, with another key.
settings 'a.example.net: {reuse_key: true}'
ends 0 certpush renew --force
was=$(spki a.example.net)
ends 2 certpush revoke
ends 2 certpush revoke --reason bored a.example.net
complains "unknown reason 'bored': give one of unspecified, keyCompromise"
ends 0 certpush revoke --reason keyCompromise a.example.net
says '^revoked: \[a\.example\.net\] \(keyCompromise\)$'
told_ca revoke | grep -qF '"reason": 1' || fail 'another reason'
ends 0 certpush revoke a.example.net
says 'it was already'
sleep 2 # one of a second ago is told in the singular
ends 1 certpush renew
fails_with a.example.net 'ordered [0-9]* (seconds|minutes?) ago: one order an hour'
ends 0 certpush renew --force
says '^due: \[a\.example\.net\] .*: revoked$'
[[ $(spki a.example.net) != "$was" ]] || fail 'the compromised key was used again'
ends 0 certpush renew
says '^nothing is due$'

ends 0 certpush account deactivate
says 'deactivated'
told_ca '"deactivated"' | grep -q . || fail 'the CA was not told'

# Bound to an account that one has there already.
rm -r accounts
mode 'directory eab' 'new-account forget'
ends 2 certpush account register
complains "certpush.yml:[0-9]*:[0-9]*: .*give 'eab: \{kid, secret_file\}'|takes only accounts that are bound"
printf 'c2VjcmV0' >mac
chmod 600 mac
with 'eab: {kid: kid-1, secret_file: mac}'
ends 0 certpush account register
told_ca externalAccountBinding | grep -q '"signature"' || fail 'no binding'
! grep -r c2VjcmV0 "$dir/out" "$dir/err" || fail 'the secret is shown'
printf '=' >mac
rm -r accounts
ends 2 certpush account register
complains 'the MAC key is not base64url'
