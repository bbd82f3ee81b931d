# shellcheck shell=sh
# look.sh - how every script begins that certpush runs on a host, and how it looks there, in POSIX sh. script.c puts the paths of one host
# behind it, and a brace around the whole: half a script is a syntax error, and does nothing. One shell runs them one after the other, each
# in a subshell: what comes on standard input behind a script is its own, to the byte.
#
# Answers are lines: the nonce first, then what script.h says, then "end".

LC_ALL=C
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
# Go on when the connection is cut; not '', which the services would inherit.
trap : HUP INT TERM PIPE

sums=
names=
numbers=
lf='
'

say() { printf '%s\n' "$*"; }

hidden() { hidden=${1%/*}/.${1##*/}.certpush-; }

if command -v sha256sum >/dev/null 2>&1; then
	digest() { sha256sum <"$1"; }
elif command -v shasum >/dev/null 2>&1; then
	digest() { shasum -a 256 <"$1"; }
elif command -v sha256 >/dev/null 2>&1; then
	digest() { sha256 -q <"$1"; }
else
	digest() { openssl dgst -sha256 -r <"$1"; }
fi

# line_of TEXT PATH: the line that ends in PATH, into $line. There is none where PATH has a character that is printed otherwise.
line_of() {
	rest=$1
	while [ -n "$rest" ]; do
		line=${rest%%"$lf"*}
		if [ "/${line#*/}" = "$2" ]; then return 0; fi
		rest=${rest#"$line"}
		rest=${rest#"$lf"}
	done
	return 1
}

# see PATH...: what there is to say of the regular files among them, asked in one go: a look costs processes, and little else.
see() {
	for each in "$@"; do
		shift
		if [ -f "$each" ] && [ ! -L "$each" ]; then set -- "$@" "$each"; fi
	done
	[ $# -gt 0 ] || return 0
	sums=$(sha256sum -- "$@" 2>/dev/null)
	names=$(ls -ld -- "$@")
	numbers=$(ls -ldn -- "$@")
}

# certificates PATH: nothing else of it, and no more than a chain has.
certificates() {
	sed -n -e 1000q -e '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/s/^\(.\{0,80\}\).*/pem \1/p' <"$1" 2>/dev/null
}

# look INDEX PATH DIGEST REPLACED: what is replaced, the file or its directory; the digest may be empty.
look() {
	hidden "$4"
	owed=0
	if [ -e "${hidden}old" ] || [ -L "${hidden}old" ] || [ -e "${hidden}none" ]; then owed=1; fi
	if [ -L "$2" ]; then
		say "file $1 link $owed"
	elif [ -f "$2" ]; then
		line_of "$sums" "$2" || line=$(digest "$2" 2>/dev/null)
		[ -n "$line" ] || blind "$2: can't be read as $(id -un)"
		sum=${line%% *}
		say "file $1 regular $owed $sum"
		line_of "$names" "$2" || line=$(ls -ld -- "$2")
		say "names ${line%%/*}"
		line_of "$numbers" "$2" || line=$(ls -ldn -- "$2")
		say "numbers ${line%%/*}"
		[ "$sum" = "${3:-$sum}" ] || certificates "$2"
	elif [ -e "$2" ]; then
		say "file $1 other $owed"
	elif hides "$2"; then
		blind "$2: can't be looked at as $(id -un)"
	else
		say "file $1 missing $owed"
	fi
}

# Is it only that we may not look there?
hides() {
	case $(ls -d -- "$1" 2>&1) in
	*'ermission denied'*) true ;;
	*) false ;;
	esac
}

blind() {
	say "fail look - $1"
	say end
	exit 0
}
