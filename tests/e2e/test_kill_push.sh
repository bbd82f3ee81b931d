#!/bin/bash
# SIGINT, SIGTERM and kill -9 at many points of a push: the host holds the old or the new pair and never one's key
# with the other's certificate; its services answer; the next push ends well and nothing is left anywhere.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push -l ovh

# At a step that -vv tells of, or so many seconds after the beginning: SIGNAL POINT
rows='
INT  looking
TERM sending
KILL sending
KILL applying
KILL proving
TERM proving
KILL 0.5
KILL 0.9
'

reach() {
	local n
	case $1 in
	[0-9]*) sleep "$1" ;;
	*) for ((n = 0; n < 500; n++)); do
		! grep -q "$1" "$dir/err" || return 0
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.02
	done ;;
	esac
}

# Old or new, and answering: what is held is a pair, and each port serves one of the two.
whole() {
	local service directory certificate ports port print
	for certificate in $certificates; do
		stored "$certificate"
		fingerprint <"$dir/old/$certificate/fullchain.pem"
	done >"$dir/known"
	while read -r service directory certificate ports <&3; do
		print=$(pair ovh "$directory")
		grep -qx "$print" "$dir/known" || fail "$1: $service holds $print, neither the old nor the new pair"
	done 3< <(services ovh)
	faces ovh >"$dir/faces"
	while read -r port print; do
		grep -qx "$print" "$dir/known" || fail "$1: port $port serves $print"
	done <"$dir/faces"
}

while read -r signal point; do
	[[ $signal ]] || continue
	rm -rf "$dir/old"
	cp -rL "$dir/store" "$dir/old"
	mint www.example.net
	mint imap.example.net
	start push -vv -l ovh
	reach "$point"
	kill -"$signal" "$pid" 2>/dev/null || :
	status=0
	wait "$pid" || status=$?
	case $signal:$status in
	KILL:137 | KILL:0 | INT:130 | TERM:130) ;;
	*) fail "$signal at $point: exit status $status" ;;
	esac
	# at once, while what was begun there may be going on still
	[[ $signal == KILL ]] || whole "$signal at $point"
	ends 0 certpush push -l ovh
	up_to_date ovh
	nothing_left ovh
done <<<"$rows"
