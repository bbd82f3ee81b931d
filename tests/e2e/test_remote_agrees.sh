#!/bin/bash
# check-remote says in its text what `openssl s_client` sees (test_check_remote_servers.sh: of every protocol); of older, newer and foreign
# certificates too; and with -q it's silent when all is well.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# seen HOST PORT STARTTLS: the notAfter
seen() {
	s_client -connect "$1.example.net:$2" -servername "$1.example.net" -starttls "$3" 2>/dev/null |
		openssl x509 -noout -enddate | cut -d= -f2
}
ends 0 certpush check-remote
(($(grep -c ': OK notAfter=' "$dir/out") == 8)) || fail 'not eight checks'
ends 0 certpush check-remote -q
silent
ends 1 certpush check-remote smtp linod
says 'UNREACHABLE .*did you mean linode\?'
ends 0 certpush check-remote smtp linode
says "^    SMTP: OK notAfter=$(seen linode 25 smtp)$"
(($(wc -l <"$dir/out") == 1)) || fail 'more than the line asked for'

# verdict WORD: of www.example.net on panix, on a line and in JSON
verdict() {
	ends 1 certpush check-remote https panix
	says "^    HTTPS: ${1^^} "
	ends 1 certpush check-remote -l panix --format json
	jq -e -s "map(select(.event == \"probe\")) | length > 0 and all(.[]; .verdict == \"$1\" and .fingerprint == \"$2\")" "$dir/out" >/dev/null || fail "$1: JSON"
	ends 1 certpush check-remote -q -l panix
	grep -q "${1^^}" "$dir/out" "$dir/err" || fail "$1: silent with -q"
}
there=$(served panix 443)
mint www.example.net from=0
verdict older "$there"
mint www.example.net from=-30 to=60
verdict newer "$there"
# what is served has no name in common with what is stored
mint www.example.net names=other.example.org
verdict foreign "$there"
ends 1 certpush check-remote
(($(grep -c ': OK notAfter=' "$dir/out") == 6)) || fail 'the others are well'

# any host and port, without settings
cd "$dir"
bare() {
	status=0
	"$lab" run env -u CERTPUSH_CONFIG SSL_CERT_FILE="$dir/roots.pem" XDG_CONFIG_HOME="$dir/none" HOME="$dir" "$CERTPUSH" "$@" \
		>"$dir/out" 2>"$dir/err" || status=$?
}
ends 0 bare check-remote imap imap.example.net:143
says "^    IMAP: OK notAfter=$(seen ovh 143 imap)"
ends 1 bare check-remote https "panix.example.net:444"
says 'HTTPS: UNREACHABLE'
ends 1 bare check-remote https panix.example.net:22
says 'HTTPS: (HANDSHAKE|NO TLS)'
ends 2 bare check-remote gopher linode
ends 2 bare check-remote https panix.example.net:0
