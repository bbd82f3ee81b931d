# shellcheck shell=bash disable=SC2034,SC2016 # used by the tests; expanded by that shell
# dane_lib - for the tests of TLSA records: who shows which, and a mail server whose name is mail.example.net. On top of push_lib.sh.
# shellcheck source=push_lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/push_lib.sh"

name=_25._tcp.mail.example.net
name_servers='10.53.0.2 10.53.0.11 10.53.0.12 10.53.0.13' # the hidden primary, and the public ones

put_back() {
	update "delete $name TLSA"
	"$lab" exec linode sh -c '[ ! -e /root/main.cf ] || mv /root/main.cf /etc/postfix/main.cf; rm -f /etc/postfix/tls/linode.*; postfix reload'
}

# update LINE...: by nsupdate, at the primary.
update() { printf '%s\n' 'server 10.53.0.2' "$@" send | "$lab" run nsupdate -k "$share/tsig.key"; }

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

# record [NAME]: of the key that the store holds of that certificate, linode.example.net.
record() { echo "3 1 1 $(openssl x509 -in "$dir/store/${1:-linode.example.net}/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"; }

# postfix SAYS...: what linode's host_vars say of it, beside its one check.
postfix() {
	host_vars linode <<-END
		certpush:
		  postfix: {$1, checks: [{protocol: smtp, name: mail.example.net}]}
	END
}
# two_kinds MODE: beside its certificate Postfix is to get one with an RSA key; reads_two_kinds: it's told to take both.
rsa=linode.example.net.rsa2048
mint_rsa() { mint $rsa key=rsa:2048 names="$(names_of linode.example.net)"; }
two_kinds() {
	mint_rsa
	host_vars linode <<-END
		certpush:
		  postfix:
		    certificate: [linode.example.net, $rsa]
		    tlsa: $1
		    files: [{part: combined, path: "/etc/postfix/tls/{certificate}.pem"}]
		    checks: [{protocol: smtp, name: mail.example.net}]
	END
}
reads_two_kinds() {
	"$lab" exec linode sh -c 'cp /etc/postfix/main.cf /root/main.cf
		postconf -e "smtpd_tls_key_file =" "smtpd_tls_cert_file =" \
			"smtpd_tls_chain_files = /etc/postfix/tls/linode.example.net.pem /etc/postfix/tls/$1.pem"' sh $rsa
}
serves_two_kinds() {
	ends 0 certpush check-remote smtp linode
	(($(grep -c 'SMTP: OK' "$dir/out") == 2)) || fail 'not both are served'
}
postfix_has() { [[ $(held linode /etc/postfix/tls/fullchain.pem) == "$1" && $(served linode 25 smtp) == "$1" ]]; }
inn_has() { [[ $(held linode /etc/news/tls/fullchain.pem) == "$1" ]]; }
