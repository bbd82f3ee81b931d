# shellcheck shell=bash disable=SC2034 # used by the tests
# dane_lib - for the tests of TLSA records: who shows which, and a mail server whose name is mail.example.net. On top of push_lib.sh.
# shellcheck source=push_lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/push_lib.sh"

name=_25._tcp.mail.example.net
name_servers='10.53.0.2 10.53.0.11 10.53.0.12 10.53.0.13' # the hidden primary, and the public ones

end_dane() {
	local status=$?
	set +e
	update "delete $name TLSA" >/dev/null 2>&1
	(exit $status)
	clean_up
}
trap end_dane EXIT

# update LINE...: by nsupdate, at the primary.
update() { printf '%s\n' 'server 10.53.0.2' "$@" send | "$lab" run nsupdate -k "$share/tsig.key"; }

# COMMAND is true within 20 seconds.
eventually() {
	local end=$((SECONDS + 20))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# The TLSA records that a server shows, sorted, "3 1 1 9f86…" each.
tlsa_at() {
	"$lab" run dig +short +time=2 +tries=1 "@$1" "$name" TLSA |
		awk '{ data = ""; for (i = 4; i <= NF; i++) data = data $i; print $1, $2, $3, tolower(data) }' | sort
}
# shown RECORD...: all servers show these and no others.
shown() {
	local server want
	want=$(printf '%s\n' "$@" | sort | grep . || :)
	for server in $name_servers; do [[ $(tlsa_at "$server") == "$want" ]] || return 1; done
}
all_show() { eventually shown "$@" || fail "10.53.0.2 shows '$(tlsa_at 10.53.0.2)', 10.53.0.13 '$(tlsa_at 10.53.0.13)', not: $*"; }

# The record of the key that the store holds of linode.example.net.
record() { echo "3 1 1 $(openssl x509 -in "$dir/store/linode.example.net/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"; }

# postfix SAYS...: what linode's host_vars say of it, beside its one check.
postfix() {
	host_vars linode <<-END
		certpush:
		  postfix: {$1, checks: [{protocol: smtp, name: mail.example.net}]}
	END
}
postfix_has() { [[ $(held linode /etc/postfix/tls/fullchain.pem) == "$1" && $(served linode 25 smtp) == "$1" ]]; }
inn_has() { [[ $(held linode /etc/news/tls/fullchain.pem) == "$1" ]]; }
