#!/bin/bash
# A CA that is gone from one step of the protocol on, whichever: told with where it stood, TXT records taken out, the store as it was; when it is back
# the next run finishes, by the order that was begun where one was.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
dns=$(native | sed 's/propagation: {/&check: servers, servers: [10.53.0.2], /')
patient() { acme_timeout=$1 settings 'a.example.net: {names: [a.example.net, b.example.net]}'; }
patient 20s
ends 0 certpush renew
account=$(find accounts -mindepth 1 -maxdepth 1)

# gone_at PLACE: in $order what was begun.
gone_at() {
	keep_store
	forget
	mode "$1 away"
	patient 1s
	ends 1 certpush renew --force
	(($(asked "$1") > 0)) || fail "the CA wasn't asked at $1"
	fails_with a.example.net 'home\.example\.net:14999.*: the connection was closed without an answer$'
	[[ ! $(servers=10.53.0.2 records a.example.net b.example.net) ]] || fail "$1: records are left"
	[[ ! -s $dir/store/.certpush/dns-records ]] || fail "$1: the journal names records"
	same_store
	order=$(order_of a.example.net)
	behave
}
back() {
	forget
	patient 20s
	ends 0 certpush renew --force
	whole a.example.net
}
for place in directory new-nonce new-account new-order; do
	if [[ $place == new-account ]]; then rm -r "$account"; fi
	gone_at $place
	[[ ! $order ]] || fail "$place: there is an order"
done
back
for place in authz challenge order finalize cert; do
	gone_at $place
	back
	[[ $order && $(issued_by a.example.net) == "$order" ]] || fail "$place: not the order that was begun"
	(($(asked new-order) == 0)) || fail "$place: a second order"
done

# One that was never there.
ca=https://home.example.net:14995/directory acme_timeout=1s settings a.example.net:
keep_store
ends 1 certpush renew --force
fails_with a.example.net 'home\.example\.net:14995/directory: .*[Cc]onnection refused'
same_store
