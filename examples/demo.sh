#!/bin/bash
# demo.sh [--keep] - certpush's morning, played on real servers on this machine: see README.md.
#
# Installs what is missing (Debian packages), builds, brings up a lab of hosts in namespaces, renews what is
# due, pushes it, asks the services what they serve, and takes the lab down again. Needs root.
#   --keep   leave the lab up, to go on by hand
set -euo pipefail
set -m # each step has a process group of its own: it can be ended whole

root=$(dirname "$(readlink -f "$0")")/..
root=$(readlink -f "$root")
lab=$root/tests/lab/lab
certpush=$root/build/release/certpush
work=$root/build/demo # control/ and store/ of the one who plays
export LAB=demo

say() { printf 'demo: %s\n' "$*"; }
fail() {
	printf 'demo: FAILED: %s\n' "$*" >&2
	exit 1
}

keep=false
case $# in
0) ;;
1) if [[ $1 == --keep ]]; then keep=true; else fail "not '$1': demo.sh [--keep]"; fi ;;
*) fail 'demo.sh [--keep]' ;;
esac
[[ $(id -u) == 0 ]] || fail 'the lab needs root'
exec {only}<"$0"
flock -n "$only" || fail 'it is being played already'

step= # the process group of the step that runs
child() { # COMMAND...
	"$@" </dev/null {only}<&- &
	step=$!
	local status=0
	wait "$step" || status=$?
	step=
	return $status
}

end() {
	local status=$?
	trap '' INT TERM HUP
	trap - EXIT
	if [[ $step ]]; then
		kill -TERM -- "-$step" 2>/dev/null || :
		wait "$step" || :
	fi 2>/dev/null
	if ((status != 0)) || ! $keep; then
		"$lab" down
		rm -rf "$work"
	fi
	exit "$status"
}

build() {
	cd "$root"
	cmake --preset release >"$root/build/demo.log" 2>&1 &&
		ninja -C build/release --quiet certpush >>"$root/build/demo.log" 2>&1
}

# certpush WORD...: as its user types it, in the control directory. Its output is also in $output.
certpush() {
	local status=0
	printf '\n$ certpush %s\n' "$*"
	child certpush_and_show "$@" || status=$?
	if ((status)); then fail "certpush $*: exit status $status"; fi
}
certpush_and_show() {
	cd "$work/control"
	"$lab" run "$certpush" "$@" 2>&1 | tee "$output"
}

# So it must say: an extended regular expression that a line matches.
says() { grep -Eq -- "$1" "$output" || fail "it doesn't say: $1"; }

trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

mkdir -p "$root/build"
child "$root/tests/packages.sh" build lab
say 'building (build/release)'
child build || { tail -n 20 "$root/build/demo.log" >&2 && fail 'it doesn'\''t build'; }
"$lab" down # what a killed run left
rm -rf "$work"
child "$lab" up
"$lab" control "$work"
output=$work/output

# Somebody was at linode by hand, and left a key that all can read.
"$lab" exec linode chmod 0644 /etc/postfix/tls/privkey.pem

certpush renew --dry-run
for name in linode www imap; do says "^due: \[$name\.example\.net\] expires in 8 days"; done

certpush plan
says '^would change: \[linode\] => postfix privkey\.pem \(mode 0644 -> 0600\)$'
says '^would reload: \[linode\] => postfix \(postfix reload\)$'

certpush renew --push
for name in linode www imap; do says "^issued: \[$name\.example\.net\] notAfter="; done
says '^linode +: ok=0 +changed=4 +reloaded=1 +verified=[1-9][0-9]* +unreachable=0 +failed=0$'
says '^panix +: ok=0 +changed=2 +reloaded=1 +verified=[1-9][0-9]* +unreachable=0 +failed=0$'
says '^ovh +: ok=0 +changed=4 +reloaded=2 +verified=[1-9][0-9]* +unreachable=0 +failed=0$'

certpush check-remote smtp linode
says '^    SMTP: OK notAfter='
[[ $(wc -l <"$output") == 1 ]] || fail 'it says more than that'

certpush check-remote
for protocol in NNTP NNTPS SMTP SUBMISSION HTTPS IMAP IMAPS; do says "^    $protocol: OK notAfter="; done

certpush check
[[ ! -s $output ]] || fail 'it isn'\''t silent'

certpush renew --push
says '^nothing is due$'
says '^nothing to do: 5 services on 3 hosts as they should be$'

echo
if $keep; then
	cat <<-END
		demo: the lab is up. To go on by hand:
		  cd $work/control
		  certpush() { LAB=demo $lab run $certpush "\$@"; }
		  certpush check-remote -v
		and when you are done: LAB=demo $lab down
	END
else
	say 'all as it should be; the lab goes down'
fi
