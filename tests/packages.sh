#!/bin/sh
# packages.sh [build] [lint] [lab] [fuzz] [bench] - install what is missing, and nothing else, from Debian. Default: build lint lab.
# Needs root only when something is missing.
set -eu

build='gcc libc6-dev cmake ninja-build pkg-config libssl-dev libcurl4-openssl-dev libcjson-dev libssh2-1-dev
	libyaml-dev libldns-dev libunbound-dev libexpat1-dev libcmocka-dev busybox mksh openssl openssh-client openssh-server python3'
lint='clang clang-format clang-tidy mandoc shellcheck python3'
lab='mmdebstrap faketime jq strace iproute2 util-linux openssl openssh-client curl procps valgrind bind9-dnsutils python3
	libmonitoring-plugin-perl'
# What would begin to run here if it were installed is only unpacked, each into a directory of its own.
lab_unpacked='nagios4-core prometheus'
unpacked=/var/cache/certpush-lab/unpacked
fuzz='clang libclang-rt-dev'
bench='dehydrated ansible-core pssh bind9-dnsutils lego certbot python3-certbot-dns-rfc2136 uacme gnutls-bin curl ca-certificates'

missing() {
	have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p')
	for package in "$@"; do
		echo "$have" | grep -qxF "$package" || echo "$package"
	done
}

unpack() (
	[ ! -d "$unpacked/$1" ] || return 0
	echo "packages.sh: unpacking $1"
	mkdir -p "$unpacked"
	work=$(mktemp -d "$unpacked/.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	apt-get download -q "$1" >log 2>&1 || { apt-get update -q && apt-get download -q "$1"; } >&2
	dpkg-deb -x "$1"_*.deb tree
	mv tree "$unpacked/$1"
)

[ $# -gt 0 ] || set -- build lint lab
wanted='' unpack=''
for set in "$@"; do
	case $set in
	build) wanted="$wanted $build" ;;
	lint) wanted="$wanted $lint" ;;
	lab) wanted="$wanted $lab" unpack=$lab_unpacked ;;
	fuzz) wanted="$wanted $fuzz" ;;
	bench) wanted="$wanted $bench" ;;
	*) echo "packages.sh: no such set: $set (build, lint, lab, fuzz, bench)" >&2 && exit 2 ;;
	esac
done

for package in $unpack; do unpack "$package"; done
# shellcheck disable=SC2086 # lists of words
need=$(missing $wanted)
[ -n "$need" ] || exit 0
# shellcheck disable=SC2086
echo "packages.sh: installing" $need
if [ "$(id -u)" != 0 ]; then
	echo 'packages.sh: that needs root' >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
install() { apt-get install -y -q --no-install-recommends $need; }
install >/dev/null 2>&1 || { apt-get update -q && install; } >&2
