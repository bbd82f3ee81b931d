#!/bin/bash
# Hosts back to what the store held before, proved like a push; what can't be proved leaves them as they are; and the next push brings
# them forward again.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control

# generation NAME STAMP: what was minted becomes one of the store's own.
generation() {
	local at=$dir/store/$1 part
	mkdir -p "$at/generations/$2"
	for part in privkey cert chain fullchain; do
		mv "$at/$part.pem" "$at/generations/$2/"
		ln -s "current/$part.pem" "$at/$part.pem"
	done
	ln -sfn "generations/$2" "$at/current"
}
mint_all
for name in $certificates; do generation "$name" 1700000001; done
quiet certpush push
before=$(stored www.example.net)
mint www.example.net
generation www.example.net 1700000002
quiet certpush push
up_to_date panix ovh linode

ends 2 certpush rollback
told_once '^certpush: rollback: on which hosts\?'
remember panix ovh linode
ends 0 certpush rollback -n -l panix
says '^would change: \[panix\] => apache fullchain\.pem'
as_before panix
ends 0 certpush rollback -l panix apache
says '^ROLLBACK \*'
says '^verified: \[panix\] => apache HTTPS'
[[ $(pair panix /etc/apache2/tls) == "$before" ]] || fail 'panix holds another pair'
[[ $(faces panix) == "443 $before" ]] || fail "panix serves $(faces panix)"
as_before ovh linode
nothing_left panix
ends 0 certpush rollback -l panix apache
says '^nothing to do: '

# There is none before it: told, and the others go on.
ends 1 certpush rollback -l ovh
complains '^fatal: \[imap\.example\.net\] FAILED! the store has no earlier one of it$'
[[ $(pair ovh /etc/nginx/tls) == "$before" ]] || fail 'nginx holds another pair'
ends 0 certpush push -l ovh,panix
up_to_date panix ovh

# What doesn't take it up goes on with what it has.
host_vars panix <<<'certpush: {apache: {wait: 1}}'
"$lab" break panix stale
remember panix
ends 1 certpush rollback -l panix
told_once '^fatal: \[panix\] FAILED! apache: HTTPS .*; the old files are back$'
as_before panix
