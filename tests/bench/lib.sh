# shellcheck shell=bash disable=SC2034 # used by the benchmarks
# lib - what every benchmark needs: a release build, a lab of its own, a clock, medians, and the way figures are told.
#
# A benchmark is called twice: first as itself, to bring things up and to take them down whatever happens; then by itself in
# the lab's control side, so that nothing but the programs is within the clock.
#   bench_begin "$@"; everything after it runs there. bench_plain: so many plain hosts beside the lab's usual ones.
#
# Of the environment: CERTPUSH, another program than build/release's; LAB, the instance ("bench"); LAB_KEEP, which leaves it up.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
lab=$top/tests/lab/lab
export LAB=${LAB:-bench}

# A loop of handshakes isn't to load a whole bundle of roots each time because this machine's environment says so.
unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE

say() { echo "$*" >&2; }
die() {
	say "${0##*/}: $*"
	exit 1
}

bench_begin() {
	if [[ ${BENCH_DIR-} ]]; then
		bench_inside
		return
	fi
	"$top/tests/packages.sh" build lab bench >&2
	if [[ ! ${CERTPUSH-} ]]; then build_release >&2; fi
	trap bench_end EXIT
	trap 'exit 130' INT TERM
	dir=$(mktemp -d "${TMPDIR:-/tmp}/certpush-bench.XXXXXX")
	"$lab" up "${bench_plain:-0}" >&2
	"$lab" run env BENCH_DIR="$dir" CERTPUSH="$(readlink -f "${CERTPUSH:-$top/build/release/certpush}")" "$0" "$@"
	exit
}

build_release() {
	if [[ ! -e $top/build/release/build.ninja ]]; then (cd "$top" && cmake --preset release); fi
	ninja -C "$top/build/release" --quiet certpush
}

bench_end() {
	local status=$?
	trap - EXIT INT TERM
	if [[ ! ${LAB_KEEP-} ]]; then "$lab" down; fi
	if ((status > 1)); then say "${0##*/}: broken off; the last it said is in $dir"; else rm -rf "$dir"; fi
	exit $((status > 1 ? 1 : status))
}

# A home of their own, so that none of the programs finds, or leaves, anything in root's.
bench_inside() {
	dir=$BENCH_DIR
	share=$("$lab" share)
	missed=0
	export HOME=$dir/home
	mkdir -p "$HOME"
	cd "$dir"
}

# quietly CMD...: what it says matters only if it fails.
quietly() {
	"$@" >"$dir/said" 2>&1 </dev/null || {
		tail -n 30 "$dir/said" >&2
		die "failed: $*"
	}
}

# timed NAME CMD...: add the seconds it takes to the series NAME. It must succeed.
timed() {
	local name=$1 start
	shift
	start=${EPOCHREALTIME/./}
	quietly "$@"
	local took=$((${EPOCHREALTIME/./} - start))
	echo $took >>"$dir/series.$name"
	say "$(printf '%-28s %6d.%03d s' "$name" $((took / 1000000)) $((took / 1000 % 1000)))"
}

# median NAME: of a series, in seconds
median() {
	sort -n "$dir/series.$1" |
		awk '{ v[NR] = $1 } END { printf "%.6f\n", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2e6 }'
}

# used SERIES N CMD...: what it takes: CPU in ms for each of N, time in ms for each, peak memory in MiB.
used() {
	local name=$1 n=$2
	shift 2
	quietly "$here/used.py" "$dir/used" "$@"
	tail -n 1 "$dir/used" | awk -v n="$n" '{ print $1 * 1000 / n, $2 * 1000 / n, $3 }' >>"$dir/series.$name"
	say "$(printf '%-22s %s' "$name" "$(tail -n 1 "$dir/series.$name")")"
}
# column SERIES COLUMN: its median
column() {
	cut -d' ' -f"$2" "$dir/series.$1" | sort -n |
		awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'
}

# figure NAME VALUE UNIT [OP GOAL], VALUE to three digits
figure() {
	local name=$1 value unit=$3 op=${4-} goal=${5-}
	value=$(awk -v x="$2" 'BEGIN { printf x < 10 ? "%.3f" : x < 100 ? "%.1f" : "%.0f", x }')
	echo "figure $name $value $unit${op:+ goal $op $goal}"
	if [[ $op ]] && ! awk -v x="$2" -v goal="$goal" "BEGIN { exit !(x $op goal) }"; then missed=1; fi
}

# figure_of_cpu NAME MS GOAL BARE REFERENCE: the goal is for the machine on which the bare client took REFERENCE ms; here it takes
# BARE, since machines differ in speed, and what NAME would take there is NAME_there.
figure_of_cpu() {
	figure "$1" "$2" ms
	figure "$1_there" "$(awk -v ms="$2" -v bare="$4" -v there="$5" 'BEGIN { print ms / bare * there }')" ms '<=' "$3"
}

# The ratio of two values.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }

# ---- a store whose certificate can change ----

# The lab's certificate for the plain hosts, and another one, newer by a day, of the same CA.
two_certificates() {
	local part
	cp -aL "$share/store/plain.example.net" "$dir/one"
	lab_state=$(dirname "$share")
	# shellcheck source=../lab/lib/pki.sh
	. "$top/tests/lab/lib/pki.sh"
	share=$dir/pki
	mkdir -p "$share/store"
	old_certificate plain.example.net "plain.example.net *.plain.example.net" >"$dir/said" 2>&1
	cp -aL "$share/store/plain.example.net" "$dir/two"
	share=$("$lab" share)
	for part in privkey fullchain; do [[ -s $dir/two/$part.pem ]] || die 'no second certificate'; done
}

# The next certificate is what all sides are to bring.
turn() {
	which=$([[ ${which-} == one ]] && echo two || echo one)
	rm -rf "$dir/certpush/store/plain.example.net"
	cp -a "$dir/$which" "$dir/certpush/store/plain.example.net"
}
