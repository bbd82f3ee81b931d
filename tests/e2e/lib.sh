# shellcheck shell=bash disable=SC2034 # used by the tests
# lib - what every end-to-end test needs: a control directory of its own in front of the lab's real hosts,
# certpush run from there, and claims about what it said, what the hosts hold and what they serve.
#
# ctest hands out the labs, and sets CERTPUSH (the program); by hand:
#   LAB=try tests/lab/lab up && LAB=try CERTPUSH=build/dev/certpush tests/e2e/test_morning.sh
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
lab=$here/../lab/lab
if [[ ${CTEST_RESOURCE_GROUP_0_LABS-} =~ ^id:([^,]+) ]]; then
	export LAB=${BASH_REMATCH[1]}
	"$lab" up
fi
: "${LAB:?the lab instance to test in}"
CERTPUSH=$(readlink -f "${CERTPUSH:?the certpush to test}")
export LAB
share=$("$lab" share)
dir=$(mktemp -d "${TMPDIR:-/tmp}/certpush-e2e.XXXXXX")
hosts='linode panix ovh'

# What a test has changed on hosts by itself: it may have one of its own, which does no harm where nothing was changed.
put_back() { :; }

clean_up() {
	local status=${1-$?}
	put_back >/dev/null 2>&1 || :
	for host in $hosts; do "$lab" mend "$host" >/dev/null 2>&1 || :; done
	if ((status)) && [[ -s $dir/out || -s $dir/err ]]; then
		echo "--- last output"
		cat "$dir/out"
		echo "--- last errors"
		cat "$dir/err"
	fi >&2
	cd /
	rm -rf "$dir"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A fresh control directory with the store as it was before the first push: $dir/control, $dir/store.
control() {
	cd "$dir"
	rm -rf "$dir/control" "$dir/store"
	"$lab" control "$dir"
	cd "$dir/control"
}

# Bring the hosts back to the old certificates.
reset_hosts() {
	control
	quiet certpush push --force
}

# certpush ARG...: as the control side runs it; output in $dir/out and $dir/err, status in $status.
certpush() {
	status=0
	"$lab" run "$CERTPUSH" "$@" >"$dir/out" 2>"$dir/err" || status=$?
}

quiet() {
	"$@"
	((status == 0)) || fail "$*: exit status $status"
}

fail() {
	echo "FAILED: ${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}: $*" >&2
	exit 1
}

# COMMAND is true within 20 seconds.
eventually() {
	local end=$((SECONDS + 20))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# ok STATUS COMMAND...: the command ends with that status.
ends() {
	local want=$1
	shift
	"$@"
	((status == want)) || fail "$*: exit status $status, not $want"
}

# says PATTERN / complains PATTERN: an extended regular expression, in a line of the output / the errors.
says() { grep -Eq -- "$1" "$dir/out" || fail "no line of the output matches: $1"; }
complains() { grep -Eq -- "$1" "$dir/err" || fail "no line of the errors matches: $1"; }
says_not() { ! grep -Eq -- "$1" "$dir/out" || fail "a line of the output matches: $1"; }
silent() { [[ ! -s $dir/out && ! -s $dir/err ]] || fail "it isn't silent"; }

# The SHA-256 fingerprint of a PEM certificate on standard input, of a file, of what is served.
fingerprint() { openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//; s/://g; y/ABCDEF/abcdef/'; }
stored() { fingerprint <"$dir/store/$1/fullchain.pem"; }
held() { "$lab" exec "$1" cat "$2" | fingerprint; }
# served HOST PORT [STARTTLS-PROTOCOL]
served() { s_client -connect "$1.example.net:$2" -servername "$1.example.net" ${3:+-starttls "$3"} 2>/dev/null | fingerprint; }
# s_client ARG...: what is served, whoever vouches for it: to read the CAs of the world takes longer than to ask.
no_cas='-no-CAfile -no-CApath -no-CAstore'
# shellcheck disable=SC2086 # words
s_client() { "$lab" run timeout 20 openssl s_client $no_cas "$@" </dev/null; }

# The host's files: mode, owner, digest, path of each.
tree() { "$lab" tree "$1"; }
