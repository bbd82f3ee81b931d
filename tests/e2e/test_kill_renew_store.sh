#!/bin/bash
# kill -9 at the renames by which the store is changed, one after the other, from the first to the last of a renewal: at every one of
# them the store holds the old or the new generation whole, and the next run finishes.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
control
sed -i '/^certificates:/,$d' certpush.yml
sed -i "s|^  ca: .*|  ca: $fake|" certpush.yml
echo 'certificates: {www.example.net: {names: [www.example.net, example.net]}}' >>certpush.yml
mode 'authz valid' # no records: it's the store that is looked at
cp -a "$dir/store" "$dir/store.old"
old=$(stored www.example.net)

# killed_at CALL N: a run that is killed when a thread makes that system call for the Nth time; in status. (strace counts each call for itself.)
killed_at() {
	status=0
	{ ASAN_OPTIONS=detect_leaks=0 "$lab" run strace -f -qq -o "$dir/trace" -e "trace=$1" \
		-e "inject=$1:signal=KILL:when=$2" "$CERTPUSH" renew --force >"$dir/out" 2>"$dir/err" || status=$?; } 2>/dev/null
	((status == 0 || status == 137)) || fail "exit status $status at call $2 of $1"
}

# die_at CALLS N: killed there, and mended by the next run; false if the run was over before. An order whose certificate isn't
# in force yet is gone on with; one whose certificate is has done its work, and --force begins another.
die_at() {
	local calls=$1 n=$2 was left same=yes is
	killed_at "$calls" "$n"
	((status != 0)) || return 1
	whole www.example.net
	if [[ $(stored www.example.net) != "$current" ]]; then
		behind=$((behind + 1))
		same=
	fi
	was=$(order_of www.example.net)
	ends 0 certpush renew --force
	whole www.example.net
	if [[ $was ]]; then
		[[ $(issued_by www.example.net) == "$was" ]] && is=yes || is=
		[[ $is == "$same" ]] || fail "$calls $n: ${same:+not }the order that was begun"
	fi
	left=$(find "$dir/store/www.example.net" -name '*.tmp' -o -name .new -o -name .order)
	[[ ! $left ]] || fail "$calls $n: left lying about: $left"
	again
}
# walk CALLS STEP: every STEP-th of them, and the last three, which come behind the swap.
walk() {
	local calls=$1 step=$2 n last
	# twice: the first one makes the account as well
	killed_at "$calls" 9999
	again
	killed_at "$calls" 9999
	((status == 0)) || fail 'it was killed though it makes fewer calls'
	last=$(awk '!/resumed>/ && ++n[$1] > most { most = n[$1] } END { print most }' "$dir/trace")
	((last > step)) || fail "$calls: only $last of them were made"
	behind=0
	again
	for n in $(seq 1 "$step" $((last - 3))) $((last - 2)) $((last - 1)) "$last"; do
		die_at "$calls" "$n" || again
	done
	((behind > 0)) || fail "$calls: it was never killed behind the swap"
}
anew() {
	rm -rf "$dir/store"
	cp -a "$dir/store.old" "$dir/store"
	current=$old
}
kept() { current=$(stored www.example.net); }

# From the store that dehydrated left, and from the one that certpush has made of it.
again() { anew; }
anew
walk rename 6
again() { kept; }
kept
walk rename 5
