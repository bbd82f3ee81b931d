#!/bin/bash
# probe.sh - what does it cost to ask a service which certificate it serves, and to verify that?
#
# ENDPOINTS (2000) addresses 127.1.x.y of one TLS 1.3 server (probe/serve.c) with a P-256 certificate, an RSA intermediate and
# the system's roots beside its own; certpush as it is released, with an inventory of them all and the certificate in its
# store. Beside it what is scripted today: curl --parallel, gnutls-cli, `openssl s_client | openssl x509`, of a hundred of
# them; and a bare C client on the same library (probe/bare.c). CPU is the client's, user and system time, all of its process;
# the server's isn't in it, but takes the same two cores, and so decides how long it all takes.
#   probe_one_cpu     certpush check-remote https ADDRESS:PORT, from its start to its end
#   probe_far_time    all of them by 256 workers, each answer 100 ms after the connection: two round trips of 50 ms
#
# ROUNDS (3); the figures are medians.
# shellcheck source=lib.sh disable=SC2317,SC2154 # called through quietly; from lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
endpoints=${ENDPOINTS:-2000}
bench_begin "$@"

rounds=${ROUNDS:-3}
near=4433 far=4434
few=100
name=www.fleet.example.net
((endpoints % few == 0)) || die "ENDPOINTS: hundreds"

# ---- what there is ----

# sign NAME CN ISSUER KEY-OPTION... : NAME.key and NAME.pem, with the extensions of NAME.ext
sign() {
	local to=$1 cn=$2 by=$3
	shift 3
	openssl req -new -nodes -newkey "$@" -keyout "$to.key" -out "$to.csr" -subj "/O=Certpush Bench/CN=$cn"
	openssl x509 -req -in "$to.csr" -CA "$by.pem" -CAkey "$by.key" -days 80 -extfile "$to.ext" -out "$to.pem"
}
certificates() {
	printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' >inter.ext
	printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=digitalSignature' 'extendedKeyUsage=serverAuth' \
		"subjectAltName=DNS:*.fleet.example.net,IP:127.1.0.1" >leaf.ext
	openssl req -x509 -nodes -newkey rsa:4096 -days 900 -keyout root.key -out root.pem -subj '/O=Certpush Bench/CN=Root' \
		-addext keyUsage=keyCertSign
	sign inter R10 root rsa:2048
	sign leaf "$name" inter ec -pkeyopt ec_paramgen_curve:P-256
	cat leaf.pem inter.pem >fullchain.pem
}
# As Debian has them, with ours: a directory of hashed links, and a bundle.
roots() {
	local link
	mkdir roots
	for link in /etc/ssl/certs/*.[0-9]; do ln -s "$(readlink -f "$link")" "roots/${link##*/}"; done
	cp root.pem "roots/$(openssl x509 -noout -hash -in root.pem).0"
	cat /etc/ssl/certs/ca-certificates.crt root.pem >bundle.pem
}
built() {
	local what
	for what in serve bare; do
		cc -O2 -o "$what" "$here/probe/$what.c" -lssl -lcrypto -pthread
	done
}
# server PORT DELAY
server() {
	mkfifo "ready.$1"
	setpriv --pdeathsig TERM ./serve "$1" leaf.key fullchain.pem "$2" >"ready.$1" &
	servers+=($!)
	grep -q ready "ready.$1"
}

# control DIR PORT: certpush's side, with all endpoints at that port
control() {
	local stored=$1/certs/fleet
	mkdir -p "$stored" "$1/inventory" "$1/playbooks"
	cp leaf.key "$stored/privkey.pem"
	cp leaf.pem "$stored/cert.pem"
	cp inter.pem "$stored/chain.pem"
	cp fullchain.pem "$stored/fullchain.pem"
	chmod -R go= "$1/certs"
	cat >"$1/certpush.yml" <<-END
		store: certs
		inventory: inventory
		playbooks: [playbooks]
	END
	printf -- '- service: fleet\n  checks: [{protocol: https, port: %s, name: %s}]\n' "$2" "$name" >"$1/playbooks/fleet.yml"
	cat >"$1/inventory/hosts.yml" <<-END
		all:
		  hosts: {"127.1.[0:$((endpoints / 100 - 1))].[1:100]": }
		  vars: {certpush: {fleet: {certificate: fleet}}}
	END
}

addresses() {
	local i
	for ((i = 0; i < few; i++)); do echo "127.1.$((i / 100)).$((i % 100 + 1))"; done
}
curl_config() {
	addresses | awk -v port=$near '{
		host = "h" NR ".fleet.example.net"
		print "resolve = \"" host ":" port ":" $1 "\"\nurl = \"https://" host ":" port "/\"\noutput = \"/dev/null\""
	}' >curl.config
}

# ---- measuring ----

# all_well N: certpush has said so of so many.
all_well() { [[ $(grep -c 'HTTPS: OK ' "$dir/said") == "$1" ]] || die 'not all of them are well'; }
certpush() {
	used "$1" "$endpoints" env SSL_CERT_DIR="$dir/roots" "$CERTPUSH" -c "$dir/$2/certpush.yml" check-remote -f "$3"
	all_well "$endpoints"
}
# Alone, since what a single one costs is mostly its start.
one() {
	# shellcheck disable=SC2016 # for that shell
	used one 20 env SSL_CERT_DIR="$dir/roots" sh -ec \
		'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$0" check-remote https "127.1.0.1:$1"; done' \
		"$CERTPUSH" $near
	all_well 20
}
s_client() {
	# shellcheck disable=SC2016 # for that shell
	used openssl $few sh -ec 'for a in $(cat "$0"); do
			openssl s_client -connect "$a:$1" -servername "$2" -verify_hostname "$2" -verify_return_error -CAfile bundle.pem </dev/null 2>/dev/null |
				openssl x509 -noout -enddate -fingerprint -sha256
		done' "$dir/list" $near "$name"
	[[ $(grep -c notAfter "$dir/said") == "$few" ]] || die 'openssl: not all of them are well'
}
gnutls() {
	# shellcheck disable=SC2016 # for that shell
	used gnutls $few sh -ec 'for a in $(cat "$0"); do
			gnutls-cli --x509cafile=bundle.pem --sni-hostname="$2" --verify-hostname="$2" -p "$1" "$a" </dev/null
		done' "$dir/list" $near "$name"
}

say "setting up: $endpoints endpoints"
quietly certificates
quietly roots
quietly built
addresses >list
curl_config
control control.near $near
control control.far $far
servers=()
trap 'kill "${servers[@]}"' EXIT
server $near 0
server $far 100
say 'warming up'
certpush warm control.near 64
say 'series: CPU in ms for a check, time in ms for a check, peak memory in MiB'
for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	certpush all control.near 64
	used bare "$endpoints" ./bare $near "$endpoints" 64 roots "$name"
	certpush far control.far 256
	one
	used curl $few curl -sS --fail --parallel --parallel-max 50 --cacert bundle.pem -K curl.config
	gnutls
	s_client
done

cpu=$(column all 1)
bare=$(column bare 1)
there=0.83 # ms
figure_of_cpu probe_cpu "$cpu" 1.0 "$bare" $there
figure probe_bare_cpu "$bare" ms
figure probe_above_bare "$(ratio "$cpu" "$bare")" times '<=' 1.2
for tool in curl gnutls openssl; do
	figure probe_${tool}_cpu "$(column $tool 1)" ms
	figure probe_below_$tool "$(ratio "$(column $tool 1)" "$cpu")" times '>=' 20
done
figure_of_cpu probe_one_cpu "$(column one 1)" 8 "$bare" $there
figure probe_far_time "$(ratio "$(column far 2)" "$(ratio 1000 "$endpoints")")" s '<=' 2.5 # of all of them
figure probe_far_memory "$(column far 3)" MiB '<=' 64
exit "$missed"
