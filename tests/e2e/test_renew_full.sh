#!/bin/bash
# No room in the store: before the run, at whatever moment it comes to an end, and a store that can't be written to at all. Told with the
# path; what is in force stays in force, nothing is left in the DNS; with room again the order that was begun is the one that is finished.
# The mount is this test's own, and goes with it.
[[ ${own_mounts-} ]] || own_mounts=yes exec unshare --mount "$0" "$@"
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
mkdir "$dir/disk"
mount -t tmpfs -o size=512k none "$dir/disk"
umount_disk() {
	local status=$?
	set +e
	cd /
	umount "$dir/disk"
	(exit $status)
	leave
}
trap umount_disk EXIT
mkdir "$dir/disk/store"
ln -s disk/store "$dir/store"
dns=$(native | sed 's/propagation: {/&check: servers, servers: [10.53.0.2], /')
settings 'a.example.net: {names: [a.example.net, b.example.net]}' c.example.net:
ends 0 certpush renew

# All is taken but so many pages of 4 KiB, each of which is one file's; all is given back.
leave_room() {
	head -c 1M /dev/zero >"$dir/disk/full" 2>/dev/null || :
	truncate -s "-$(($1 * 4096))" "$dir/disk/full"
}
give_room() { rm "$dir/disk/full"; }

# Each has one line, which names the place; it is as if nothing had been tried.
nothing_done() { # CERTIFICATE...
	((status == 1)) || fail "exit status $status"
	[[ ! $(servers=10.53.0.2 records a.example.net b.example.net c.example.net) ]] || fail 'records are left'
	[[ ! -s $dir/store/.certpush/dns-records ]] || fail 'the journal names records'
	(($(wc -l <"$dir/err") == $#)) || fail 'not one line for each'
	for name in "$@"; do complains "^fatal: \[$name\] FAILED! .*\.\./store/.*: No space left on device$"; done
	same_store
}
# renewed PAGES: with so much room; what couldn't be done is done with room again, by the order that was begun.
renewed() {
	local begun order
	keep_store
	forget
	leave_room "$1"
	certpush renew --force a.example.net
	if ((status == 0)); then return; fi
	nothing_done a.example.net
	cat "$dir/err" >>"$dir/told"
	begun=$(asked new-order)
	order=$(order_of a.example.net)
	(($(wc -w <<<"$order") == begun)) || fail "$1 pages: $begun orders, and written down: $order"
	give_room
	ends 0 certpush renew --force a.example.net
	(($(asked new-order) == 1)) || fail "$1 pages: a second order"
	[[ ! $order || $(issued_by a.example.net) == "$order" ]] || fail "$1 pages: not the order that was begun"
	return 1
}

keep_store
leave_room 0
certpush renew --force
nothing_done a.example.net c.example.net
give_room
pages=0
until renewed $pages; do pages=$((pages + 1)); done
whole a.example.net
for where in state.json order.json dns-records privkey.pem cert.pem fullchain.pem; do
	grep -q "/$where: No space" "$dir/told" || fail "there was always room for $where"
done
give_room

# What can't be written to.
keep_store
forget
mount -o remount,ro "$dir/disk"
ends 1 certpush renew --force
complains '^certpush: \.\./store/.*: Read-only file system$'
(($(wc -l <"$dir/err") == 1 && $(asked new-order) == 0)) || fail 'more than one line, or an order'
same_store
