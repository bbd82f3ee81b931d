#!/bin/sh
# hook-nsupdate.sh - a DNS-01 hook in dehydrated's dialect, to begin with: sets and removes TXT records with
# nsupdate. certpush calls it as dehydrated does:
#
#   hook-nsupdate.sh deploy_challenge DOMAIN TOKEN VALUE     set _acme-challenge.DOMAIN
#   hook-nsupdate.sh clean_challenge DOMAIN TOKEN VALUE      remove that value, and no other
#
# and with several DOMAIN TOKEN VALUE in one call where the settings say `hook_chain: true`. Whether the public
# name servers have the record is certpush's to ask. (A DNS server that takes RFC 2136 needs no hook at
# all: `provider: rfc2136` speaks it.)
set -eu

key=/etc/certpush/acme.key # as tsig-keygen prints it
primary=192.0.2.1
ttl=60

update() {
	printf 'server %s\nupdate %s\nsend\n' "$primary" "$1" | nsupdate -k "$key"
}

operation=${1:-}
[ $# = 0 ] || shift
case $operation in
deploy_challenge)
	while [ $# -ge 3 ]; do
		update "add _acme-challenge.$1. $ttl TXT \"$3\""
		shift 3
	done
	;;
clean_challenge)
	while [ $# -ge 3 ]; do
		update "delete _acme-challenge.$1. TXT \"$3\""
		shift 3
	done
	;;
*) ;; # dehydrated has more of them; a hook must take those it doesn't know
esac
