#!/bin/bash
# check-remote goes by TLSA records as mail servers do: those that DNSSEC proves must fit what is served, others are as good as
# none; and of what a service needs beside it, client_auth.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
# shellcheck source=signed_lib.sh
. "$here/signed_lib.sh"
own_control
"$CERTPUSH" --version | grep -q 'DNSSEC: by libunbound' || fail 'no libunbound'
mint_all
quiet certpush push

key_of() { openssl x509 -in "$dir/store/$1/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1; }
# put_records MX-KEY SUBMISSION-KEY
put_records() {
	signed_zone <<-END
		_587._tcp.linode.example.net. 60 TLSA 3 1 1 $2
		_25._tcp.linode.example.net. 60 TLSA 1 1 1 $1
		_25._tcp.linode.example.net. 60 TLSA 3 1 1 $1
	END
}
# smtp SAYS: in linode's host_vars
smtp() {
	host_vars linode <<-END
		certpush:
		  postfix: {certificate: linode.example.net, checks: [{protocol: smtp, name: linode.example.net$1}]}
	END
}

# ---- one that fits; another one's at a port whose clients don't look for any
put_records "$(key_of linode.example.net)" "$(key_of www.example.net)"
smtp ''
ends 0 certpush check-remote smtp linode
says '^    SMTP: OK '
ends 0 certpush check-remote submission linode.example.net

# ---- another one's: a failure, unless it isn't proved, or the inventory says that there is none
put_records "$(key_of www.example.net)" "$(key_of www.example.net)"
ends 1 certpush check-remote smtp linode
says '^    SMTP: TLSA notAfter=.*its TLSA record is another certificate'
ends 1 certpush check-remote smtp linode.example.net
says '^    SMTP: TLSA '
ends 1 certpush check-remote --format json smtp linode
jq -e -s 'all(.[]; .verdict == "tlsa" and .match)' "$dir/out" >/dev/null || fail 'not told in JSON'
smtp ', tlsa: none'
ends 0 certpush check-remote smtp linode
smtp ''
unproved
ends 0 certpush check-remote -v smtp linode
complains '^TLSA records at _25._tcp.linode.example.net: none counts: DNSSEC proves nothing there'
proved

# ---- a certificate for servers alone, and one for both
smtp ', tlsa: none'
mint linode.example.net eku=serverAuth
quiet certpush push -l linode
smtp ', tlsa: none, client_auth: true'
ends 1 certpush check-remote smtp linode
says '^    SMTP: PURPOSE .*clientAuth'
# it isn't pushed to such a service, unless it is said to be; the host's others get it
mint linode.example.net eku=serverAuth
old=$(served linode 25 smtp)
for verb in plan push; do
	ends 1 certpush $verb -l linode
	told_once '^fatal: \[linode\] FAILED! postfix: linode\.example\.net: isn.t for TLS clients \(clientAuth\)'
	says_not '=> postfix'
	says 'changed?: \[linode\] => inn'
done
[[ $(served linode 25 smtp) == "$old" ]] || fail 'postfix was pushed to'
[[ $(served linode 119 nntp) == "$(stored linode.example.net)" ]] || fail 'inn was left out'
ends 0 certpush push -l linode --force
complains '^\[WARNING\]: linode: postfix: pushed with --force: linode\.example\.net: isn.t for TLS clients'
[[ $(served linode 25 smtp) == "$(stored linode.example.net)" ]] || fail 'postfix was not pushed to'
mint linode.example.net eku=serverAuth,clientAuth
quiet certpush push -l linode
ends 0 certpush check-remote smtp linode
