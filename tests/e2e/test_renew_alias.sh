#!/bin/bash
# Challenges that are answered under another name (CNAME, DNAME): found in the DNS, or said in the settings; by the entry that is for that
# name; taken out again, also after a kill. And nsupdate.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
hosts=ovh
fresh
at() { "$lab" run dig +short +time=2 +tries=1 @10.53.0.2 "$1" TXT; }

# The entry for example.net can't add anything: what succeeds went by the other.
sed 's/certpush/somebody/' "$share/tsig.key" >wrong.key
chmod 600 wrong.key
dns=$(
	native | sed 's/{provider/{zones: [acme.example.net], provider/'
	secret=wrong.key native | sed 's/name: certpush/name: somebody/'
)
settings moved.example.net: far.example.net: renamed.example.net: 'www.moved.example.net: {names: ["*.moved.example.net", moved.example.net]}'
ends 0 certpush renew
for name in moved far renamed www.moved; do whole "$name.example.net"; done
for name in moved far renamed; do [[ ! $(at "$name.acme.example.net") ]] || fail "$name's record is left"; done

# One that leads nowhere that ends, and one that another entry is for.
settings circle.example.net:
ends 1 certpush renew
fails_with circle.example.net "_acme-challenge\.circle\.example\.net: its aliases \(CNAME\) don't end"
settings plain.example.net:
ends 1 certpush renew
fails_with plain.example.net "BADKEY: the server doesn.t know TSIG key somebody"

# Said in the settings: nothing is looked up, and the CA finds it by the CNAME.
dns=$(native | sed 's/{provider/{alias: moved.acme.example.net, provider/')
settings moved.example.net:
ends 0 certpush renew --force -vv
whole moved.example.net

# plan prints the alias that isn't there.
mkdir inventory
echo 'all: {hosts: {}}' >inventory/hosts.yml
settings moved.example.net: plain.example.net:
ends 0 certpush plan
says '^publish: \[plain\.example\.net\] _acme-challenge\.plain\.example\.net\. CNAME moved\.acme\.example\.net\.$'
says_not '^publish: \[moved'

# Killed with the record in place: the next run takes it out, from where it stands.
"$lab" break ovh lag
dns=$(native)
settings far.example.net:
start renew --force
there() { [[ $(at far.acme.example.net) ]]; }
eventually there || fail 'no record appears'
kill -KILL "$pid"
finished
there || fail 'the record is gone by itself'
"$lab" mend ovh
ends 0 certpush renew --force
! there || fail 'the record of the killed run is left'

# nsupdate: what it says when it is refused is told.
dns="  - {provider: nsupdate, server: primary.example.net, key_file: $share/tsig.key, $(propagation 30s)}"
settings 'e.example.net: {names: [e.example.net, "*.e.example.net"]}'
ends 0 certpush renew
whole e.example.net
no_records e.example.net
dns="  - {provider: nsupdate, server: primary.example.net, key_file: wrong.key, $(propagation 30s)}"
settings 'f.example.net:'
ends 1 certpush renew
fails_with f.example.net 'nsupdate: exit status 2: update failed: NOTAUTH'
