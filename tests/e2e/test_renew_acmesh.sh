#!/bin/bash
# acme.sh's own script for nsupdate, as acme.sh has it: $ACMESH, or where acme.sh is wont to be. Debian has no package of it; without one
# this test is skipped, and says so.
for acmesh in "${ACMESH-}" /usr/share/acme.sh/acme.sh /opt/acme.sh/acme.sh ~/.acme.sh/acme.sh ''; do
	if [[ -f $acmesh ]]; then break; fi
done
if [[ ! $acmesh ]]; then
	# shellcheck disable=SC2016
	echo 'SKIPPED: there is no acme.sh here; ACMESH=/path/to/acme.sh names one'
	exit 77 # what ctest shows as skipped
fi
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fresh
script() { echo "  - {provider: acmesh, acmesh: $acmesh, dnsapi: dns_nsupdate, secret_file: ${1-environment}, $(propagation 30s)}"; }
umask 077
cp "$share/tsig.key" home.key
sed 's/secret ".*"/secret "d3Jvbmc="/' "$share/tsig.key" >wrong.key
printf '%s\n' NSUPDATE_SERVER=primary.example.net "export NSUPDATE_KEY='$PWD/home.key'" >environment
printf '%s\n' NSUPDATE_SERVER=primary.example.net "NSUPDATE_KEY=$PWD/wrong.key" >wrong
was=$(cd "$(dirname "$acmesh")" && find . -type f | sort | xargs -d '\n' sha256sum)

dns=$(script)
settings 'a.example.net: {names: [a.example.net, "*.a.example.net", b.example.net]}' moved.example.net:
ends 0 certpush renew
for name in a moved; do whole $name.example.net; done
has_names a.example.net a.example.net '*.a.example.net' b.example.net
no_records a.example.net b.example.net
[[ ! $("$lab" run dig +short @10.53.0.2 moved.acme.example.net TXT) ]] || fail 'a record is left where the alias leads'
keep_store

dns=$(script wrong)
settings 'a.example.net: {names: [c.example.net]}'
ends 1 certpush renew --force
fails_with a.example.net "acme\.sh's dns_nsupdate_add: exit status 1: update failed: NOTAUTH\(BADSIG\); .*error updating domain$"
no_records c.example.net
same_store
# It has written nothing down in its own directory.
[[ $(cd "$(dirname "$acmesh")" && find . -type f | sort | xargs -d '\n' sha256sum) == "$was" ]] || fail "acme.sh's files have changed"
