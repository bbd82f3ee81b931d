#!/bin/bash
# man.sh CERTPUSH - the man page is well-formed, and has the verbs and options that certpush's own help has.
set -euo pipefail
certpush=$(realpath "$1")
cd "$(dirname "$0")/../.."
page=docs/certpush.1
export ASAN_OPTIONS=detect_leaks=0

mandoc -Tlint -W warning "$page"

options() { grep -oE '^  (-[a-zA-Z0-9],|   ) --[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'; }
verbs=$("$certpush" --help | sed -n 's/^  \([a-z][a-z-]*\)  *[a-z].*/\1/p')
helped=$(for verb in $verbs; do "$certpush" help "$verb" | options; done | sort -u)
letters=$("$certpush" --help | grep -oE '^  -[a-zA-Z],' | tr -d ' ,-' | sort)
((${#helped} > 100 && ${#verbs} > 30)) || { echo 'man.sh: no help' >&2 && exit 1; }

same() { diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") >&2 || { echo "man.sh: $1: < help, > $page" >&2 && exit 1; }; }
items=$(grep '^\.It Fl ' "$page")
same options "$helped" "$(grep -oE 'Fl -[a-z0-9-]+' <<<"$items" | sed 's/^Fl /-/' | sort -u)"
same letters "$letters" "$(grep -oE '^\.It Fl [a-zA-Z] ,' <<<"$items" | cut -d' ' -f3 | grep -vxE 'l|n' | sort)"
same verbs "$(sort <<<"$verbs")" "$(sed -n 's/^\.It Cm \([a-z-]*\)$/\1/p' "$page" | sort)"
same synopsis "$(sort <<<"$verbs")" "$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Cm \([a-z-]*\)$/\1/p' "$page" | sort)"
