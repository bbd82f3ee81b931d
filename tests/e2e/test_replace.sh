#!/bin/bash
# New keys everywhere, then the old ones revoked: not as long as a host may still have one, however often it is tried, and whatever it is
# killed at. There is no way back to what is revoked.
# shellcheck source=renew_lib.sh disable=SC2034 # used by the library
. "$(dirname "$0")/renew_lib.sh"
hosts='panix ovh'
fake_ca
control

# The lab's inventory, certificates of the scripted CA. www.example.net is on panix and ovh.
replaceable() {
	cat "$share/roots.pem" "$dir/ca/root.pem" >"$dir/roots.pem"
	more="trust: $dir/roots.pem" settings 'linode.example.net:' 'imap.example.net:' 'unused.example.net:' \
		'two.example.net: {key: [p256, rsa2048]}' "www.example.net: {names: [www.example.net, example.net]${1+, $1}}"
}
on() { held "$1" "$([[ $1 == panix ]] && echo /etc/apache2/tls || echo /etc/nginx/tls)/fullchain.pem"; }
everywhere() {
	local host
	for host in panix ovh; do
		[[ $(on $host) == "$(stored www.example.net)" ]] || fail "$host holds another one"
		[[ $(served $host 443) == "$(stored www.example.net)" ]] || fail "$host serves another one"
	done
}
# The certificate itself, as a CA is told of it.
der() { openssl x509 -in "$dir/store/$1/cert.pem" -outform DER | base64 -w0 | tr '+/' '-_' | tr -d =; }
# revoked DER REASON: it was asked for, since `forget`, once, for that reason.
revoked() {
	(($(asked revoke) == 1)) || fail "$(asked revoke) requests to revoke"
	[[ $(grep '^revoke ' "$dir/ca/payloads" | tail -n 1) == "revoke {\"certificate\": \"$1\", \"reason\": $2}" ]] || fail 'another one, or another reason'
}
not_revoked() { (($(asked revoke) == 0)) || fail 'it was revoked'; }
next_key() { openssl pkey -in "$dir/store/www.example.net/next-privkey.pem" -pubout | sha256sum; }

replaceable
ends 0 certpush renew --push -l panix,ovh
everywhere

# What would be done.
keep_store
forget
ends 0 certpush replace -n www.example.net
says '^would issue: \[www\.example\.net\]: with a new key$'
says '^would change: \[panix\] => apache privkey\.pem \(new\)$'
says '^would change: \[ovh\] => nginx fullchain\.pem \(new\)$'
says '^would revoke: \[www\.example\.net\] \(superseded\)$'
says_not 'nothing to do'
same_store
[[ ! -e $dir/store/www.example.net/replaced ]] || fail 'a dry run begins'
(($(asked new-order) == 0)) || fail 'a dry run orders'
ends 2 certpush replace www.example.net -l ovh
complains "doesn't take --limit"

# A host is away: nothing is revoked, and the next run goes on, as often as need be.
old=$(der www.example.net) key=$(spki www.example.net)
"$lab" break panix sshd
ends 1 certpush replace www.example.net
complains '^fatal: \[www\.example\.net\] FAILED! the old one is not revoked, since it may still be on panix: certpush replace www\.example\.net goes on$'
not_revoked
[[ $(spki www.example.net) != "$key" ]] || fail 'the key is the old one'
[[ $(on ovh) == "$(stored www.example.net)" ]] || fail 'ovh was left too'
keep_store
forget
ends 1 certpush renew --push -l panix,ovh
complains '^\[WARNING\]: www\.example\.net: what it has replaced is not revoked yet: certpush replace www\.example\.net goes on$'
ends 1 certpush replace www.example.net
ends 1 certpush rollback -l ovh nginx
complains '^fatal: \[www\.example\.net\] FAILED! the store.s earlier one is about to be revoked \(superseded\): no way back to it$'
ends 1 certpush replace -n www.example.net
says_not '^would issue'
says '^would revoke: \[www\.example\.net\] \(superseded\)$'
(($(asked new-order) == 0)) || fail 'it was ordered again'
not_revoked
same_store
"$lab" mend panix
ends 0 certpush replace www.example.net
says '^revoked: \[www\.example\.net\] \(superseded\)$'
(($(asked new-order) == 0)) || fail 'it was ordered again'
revoked "$old" 4
everywhere
ends 1 certpush rollback -l ovh nginx
complains 'FAILED! the store.s earlier one is revoked \(superseded\): no way back to it$'
ends 0 certpush renew --push -l panix,ovh
says '^nothing is due$'

# A key in other hands: neither kept, nor is the one that lay beside it used; revoked by itself.
replaceable 'next_key: true'
ends 0 certpush renew --force www.example.net
ends 0 certpush push -l panix,ovh apache nginx
old=$(der www.example.net) key=$(spki www.example.net) beside=$(next_key)
forget
ends 0 certpush replace --reason KEYcompromise www.example.net
says '^revoked: \[www\.example\.net\] \(keyCompromise\)$'
revoked "$old" 1
[[ $(spki www.example.net) != "$key" ]] || fail 'the key is the old one'
[[ $(spki www.example.net) != "$beside" ]] || fail 'the key is the one that lay beside it'
[[ $(next_key) != "$beside" ]] || fail 'the key that lay beside it will be used next'
everywhere
# superseded passes the next key over, and keeps it
beside=$(next_key) key=$(spki www.example.net)
ends 0 certpush replace www.example.net
[[ $(next_key) == "$beside" && $(spki www.example.net) != "$key" && $(spki www.example.net) != "$beside" ]] || fail 'the wrong key'
# reuse_key
replaceable 'reuse_key: true'
key=$(spki www.example.net)
ends 0 certpush renew --force www.example.net
[[ $(spki www.example.net) == "$key" ]] || fail 'the key is another one'
ends 0 certpush replace www.example.net
[[ $(spki www.example.net) != "$key" ]] || fail 'the key is the old one'
everywhere

# Revoked already; and what becomes known later counts.
replaceable
ends 0 certpush revoke www.example.net
ends 0 certpush replace www.example.net
says '^revoked: \[www\.example\.net\] \(unspecified: it was already\)$'
"$lab" break panix sshd
old=$(der www.example.net)
ends 1 certpush replace www.example.net
"$lab" mend panix
forget
ends 0 certpush replace www.example.net --reason keyCompromise
revoked "$old" 1

# Revoked all the same.
"$lab" break panix sshd
old=$(der www.example.net)
forget
ends 1 certpush replace --force www.example.net
complains '^\[WARNING\]: www\.example\.net: revoked although it may still be on panix$'
says '^revoked: \[www\.example\.net\] \(superseded\)$'
revoked "$old" 4
"$lab" mend panix

# On no host; all keys of an entry; not there.
forget
ends 0 certpush replace unused.example.net
says '^revoked: \[unused\.example\.net\]'
ends 0 certpush replace two.example.net.rsa2048
says '^revoked: \[two\.example\.net\]'
says '^revoked: \[two\.example\.net\.rsa2048\]'
(($(asked revoke) == 3)) || fail "$(asked revoke) requests to revoke"
whole two.example.net.rsa2048
rm -r "$dir/store/unused.example.net"
ends 1 certpush replace unused.example.net
complains 'FAILED! not in the store: nothing to replace; certpush renew unused\.example\.net$'

# The CA has no ear for it: the next run tells it again.
mode 'revoke status 500'
ends 1 certpush replace www.example.net
complains '^fatal: \[www\.example\.net\] FAILED! .*the database is on fire'
behave
everywhere
forget
ends 0 certpush replace www.example.net
(($(asked new-order) == 0)) || fail 'it was ordered again'

# Killed anywhere: at the CA, and on the way to the hosts.
killed() {
	finished
	behave
	case $1:$status in
	*:137) ;;
	looking:0 | sending:0 | applying:0 | proving:0) return ;; # it was quicker
	*) fail "$1: exit status $status" ;;
	esac
	[[ $1 == revoke ]] || not_revoked
	whole www.example.net
	ends 0 certpush replace --reason keyCompromise www.example.net
	says '^revoked: \[www\.example\.net\] \(keyCompromise'
	grep -qF "\"$old\", \"reason\": 1" "$dir/ca/payloads" || fail "$1: the old one is not revoked"
	[[ $(spki www.example.net) != "$key" ]] || fail "$1: the key is the old one"
	everywhere
	[[ ! -e $dir/store/www.example.net/replaced ]] || fail "$1: it isn't forgotten"
}
for place in directory new-order authz challenge order finalize cert revoke; do
	old=$(der www.example.net) key=$(spki www.example.net)
	forget
	mode "$place signal KILL"
	start replace --reason keyCompromise www.example.net
	killed "$place"
done
for step in looking sending applying proving; do
	old=$(der www.example.net) key=$(spki www.example.net)
	forget
	start replace --reason keyCompromise -vv www.example.net
	eventually grep -Eq "^(panix|ovh): $step" "$dir/err" || fail "no $step"
	kill -KILL "$pid"
	killed "$step"
done
no_records www.example.net example.net
