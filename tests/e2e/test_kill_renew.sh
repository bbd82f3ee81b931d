#!/bin/bash
# A renewal that is interrupted or killed, at every step of the protocol and at every step of writing the store: the store holds the old or
# the new generation whole, and the next run goes on with the order that was begun, and takes out what TXT records were left.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
names='{names: [a.example.net, b.example.net]}'
settings "a.example.net: $names"
ends 0 certpush renew
keep_store

# killed PLACE SIGNAL STATUS: the signal comes while the CA is asked there.
killed() {
	mode "$1 signal $2"
	start renew --force
	finished
	behave
	((status == $3)) || fail "$1: exit status $status after $2"
	same_store
	whole a.example.net
}
# The next run finishes that order.
goes_on() {
	local order
	order=$(order_of a.example.net)
	[[ $order ]] || fail "nothing was kept of the order"
	ends 0 certpush renew --force -v
	says '^issued: \[a\.example\.net\]'
	[[ $(issued_by a.example.net) == "$order" ]] || fail "not the order that was begun"
	[[ ! $(order_of a.example.net) ]] || fail 'the order is kept though it is done'
	whole a.example.net
	keep_store
}

# An orderly end: nothing is left in the DNS.
for signal in INT TERM; do
	killed new-order "$signal" 130
	[[ ! $(servers=10.53.0.2 records a.example.net b.example.net) ]] || fail 'records are left'
done
killed authz INT 130
killed order INT 130 # the run that goes on is interrupted as well
goes_on
killed challenge INT 130
[[ ! $(servers=10.53.0.2 records a.example.net b.example.net) ]] || fail 'records are left'
goes_on
killed finalize TERM 130
goes_on
no_records a.example.net b.example.net

# A sudden one.
for place in directory new-nonce new-account new-order; do
	if [[ $place == new-account ]]; then rm -r accounts; fi
	killed "$place" KILL 137
done
for place in authz challenge order finalize cert; do
	killed "$place" KILL 137
	case $place in
	authz) ;;
	*) [[ $(servers=10.53.0.2 records a.example.net b.example.net) ]] || fail "$place: no record is left to be taken out" ;;
	esac
	goes_on
	case $place in
	authz) ;;
	*) complains '^2 TXT records of an earlier run taken out$' ;;
	esac
done
no_records a.example.net b.example.net

# In the midst of the hook's own work.
dns=$(hook hook.sh)
settings "a.example.net: $names"
for operation in deploy clean; do
	cat >hook.sh <<-END
		#!/bin/bash
		$share/hook.sh "\$@"
		if [[ \$1 == ${operation}_challenge && ! -e $dir/$operation.done ]]; then
			touch $dir/$operation.done
			kill -KILL \$PPID
			sleep 1
		fi
	END
	chmod 0755 hook.sh
	start renew --force
	finished
	((status == 137)) || fail "$operation: exit status $status"
	whole a.example.net
	if [[ $operation == deploy ]]; then goes_on; else ends 0 certpush renew --force -v; fi
	complains '^[12] TXT records? of an earlier run taken out$'
	no_records a.example.net b.example.net
done
