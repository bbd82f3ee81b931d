#!/bin/bash
# A certificate that isn't fit to be served is refused before anything is sent; those that are go on.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
remember ovh

# CERTIFICATE'S-FLAW LINE
rows="
key      .*isn't the key of fullchain\.pem beside it$
expired  expired on [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4} GMT$
early    not valid before [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4} GMT$
names    isn't for the names in the settings: renew it first$
issuer   .*(untrusted|trusted|self-signed|issuer).*
garbage  .*fullchain\.pem.*
empty    .*fullchain\.pem.*
"
flaw() {
	case $1 in
	key) cp "$dir/store/linode.example.net/privkey.pem" "$dir/store/www.example.net/privkey.pem" ;;
	expired) mint www.example.net from=-90 to=-1 ;;
	early) mint www.example.net from=1 to=90 ;;
	names) mint www.example.net names=www.example.net ;;
	issuer) mint www.example.net issuer=stranger ;;
	garbage) head -c 2000 /dev/urandom >"$dir/store/www.example.net/fullchain.pem" ;;
	empty) : >"$dir/store/www.example.net/fullchain.pem" ;;
	esac
}
while read -r flaw line; do
	[[ $flaw ]] || continue
	flaw "$flaw"
	ends 1 certpush push -l ovh
	told_once "^failed: \[www\.example\.net\] $line|^fatal: \[www\.example\.net\] FAILED! $line"
	ends 1 certpush plan -l ovh
	mint www.example.net
done <<<"$rows"
as_before ovh

# the others' services are pushed, also on the same host; the host of the unfit one isn't even asked
flaw expired
mint imap.example.net
"$lab" break panix sshd
ends 1 certpush push -l ovh,panix
told_once '\[www\.example\.net\].* expired on '
says '^changed: \[ovh\] => dovecot privkey\.pem$'
says_not 'nginx|apache'
[[ $(pair ovh /etc/dovecot/tls) == "$(stored imap.example.net)" ]] || fail 'dovecot was left out'
[[ $(served ovh 993) == "$(stored imap.example.net)" ]] || fail 'dovecot was left out'
[[ $(served ovh 443) == "$(sed -n 's/^443 //p' "$dir/ovh.served")" ]] || fail 'nginx was touched'
"$lab" mend panix
# shellcheck disable=SC2086 # words
nothing_left $hosts
