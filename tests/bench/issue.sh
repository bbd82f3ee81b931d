#!/bin/bash
# issue.sh - how long does it take to obtain 12 certificates of one name each by DNS-01?
#
# Measured, with the same CA, the same hidden primary and secondaries of which one lags three seconds behind, in turns within one run:
#   certpush    certpush renew (release build)
#   lego        lego run for each name, its rfc2136 provider
#   certbot     certbot certonly for each name, its rfc2136 plugin, which sleeps a fixed time: five seconds here, sixty by default
#   dehydrated  dehydrated --cron with the lab's hook (nsupdate, then dig until all secondaries show it)
#   uacme       uacme issue for each name, with a hook that does the same
# The last four have no way to work on several certificates at a time. All are Debian's; P-256 keys; an account exists before; nothing is in
# their stores. Pebble validates without its artificial delay, refuses no nonce (5 %, its default, breaks dehydrated off) and
# reuses no authorization.
#
# How it grows: 48 certificates by certpush alone. With so many orders at a time, Pebble 2.4.0 now and then answers no request any more:
# then it is said, and done again with a new Pebble.
#
# ROUNDS (1); within each, TIMES (3) runs of certpush's. The figures are medians.
# shellcheck source=lib.sh disable=SC2317 # called through quietly and timed
. "$(dirname "$(readlink -f "$0")")/lib.sh"
bench_begin "$@"

rounds=${ROUNDS:-1}
times=${TIMES:-3}
lag=3
server=https://pebble.example.net:14000/dir
names() { local n; for ((n = 1; n <= $1; n++)); do echo "issue$n.example.net"; done; }

# ---- each program's own way ----

certpush_side() {
	mkdir "$dir/certpush"
	certpush_settings 12
	quietly certpush account register
}
certpush_settings() {
	{
		cat <<-END
			store: store
			acme: {ca: "$server", ca_file: "$share/pebble-ca.pem", timeout: 60s}
			dns:
			  - provider: rfc2136
			    server: primary.example.net
			    tsig: {secret_file: $share/tsig.key}
			    propagation: {timeout: 60s, resolvers: [10.53.0.1]}
			certificates:
		END
		names "$1" | sed 's/.*/  &:/'
	} >"$dir/certpush/certpush.yml"
}
certpush() { "$CERTPUSH" -c "$dir/certpush/certpush.yml" "$@"; }
certpush_all() { certpush renew; }
certpush_forget() { rm -rf "$dir/certpush/store"; }
certpush_has() { [[ -s $dir/certpush/store/$1/fullchain.pem ]]; }

lego_side() {
	export LEGO_CA_CERTIFICATES=$share/pebble-ca.pem
	export RFC2136_NAMESERVER=primary.example.net:53 RFC2136_TSIG_KEY=certpush RFC2136_TSIG_ALGORITHM=hmac-sha256.
	RFC2136_TSIG_SECRET=$(sed -n 's/.*secret "\(.*\)".*/\1/p' "$share/tsig.key")
	export RFC2136_TSIG_SECRET RFC2136_POLLING_INTERVAL=1 RFC2136_PROPAGATION_TIMEOUT=60
	quietly lego_one first.example.net
}
lego_one() {
	lego --path "$dir/lego" --server "$server" --accept-tos --email hostmaster@example.net --key-type ec256 \
		--dns rfc2136 --dns.resolvers 10.53.0.1:53 --domains "$1" run
}
lego_all() { local name; for name in $(names 12); do lego_one "$name"; done; }
lego_forget() { rm -rf "$dir/lego/certificates"; }
lego_has() { [[ -s $dir/lego/certificates/$1.crt ]]; }

certbot_side() {
	export REQUESTS_CA_BUNDLE=$share/pebble-ca.pem
	(
		umask 077
		cat >"$dir/certbot.ini" <<-END
			dns_rfc2136_server = 10.53.0.2
			dns_rfc2136_name = certpush
			dns_rfc2136_algorithm = HMAC-SHA256
			dns_rfc2136_secret = $(sed -n 's/.*secret "\(.*\)".*/\1/p' "$share/tsig.key")
		END
	)
	quietly certbot_run register -m hostmaster@example.net
}
certbot_run() {
	certbot "$@" -n --agree-tos --server "$server" \
		--config-dir "$dir/certbot" --work-dir "$dir/certbot.work" --logs-dir "$dir/certbot.logs"
}
certbot_all() {
	local name
	for name in $(names 12); do
		certbot_run certonly --key-type ecdsa --dns-rfc2136 --dns-rfc2136-credentials "$dir/certbot.ini" \
			--dns-rfc2136-propagation-seconds $((lag + 2)) -d "$name"
	done
}
certbot_forget() { rm -rf "$dir"/certbot/{live,archive,renewal}; }
certbot_has() { [[ -s $dir/certbot/live/$1/fullchain.pem ]]; }

dehydrated_side() {
	mkdir "$dir/dehydrated"
	names 12 >"$dir/dehydrated/domains.txt"
	cat >"$dir/dehydrated/config" <<-END
		CA=$server
		CURL_OPTS="--cacert $share/pebble-ca.pem"
		CONTACT_EMAIL=hostmaster@example.net
		BASEDIR=$dir/dehydrated
		CHALLENGETYPE=dns-01
		HOOK=$share/hook.sh
		HOOK_CHAIN=yes
		KEY_ALGO=prime256v1
	END
	quietly dehydrated_run --register --accept-terms
}
dehydrated_run() { dehydrated --config "$dir/dehydrated/config" "$@"; }
dehydrated_all() { dehydrated_run --cron; }
dehydrated_forget() { rm -rf "$dir/dehydrated/certs"; }
dehydrated_has() { [[ -s $dir/dehydrated/certs/$1/fullchain.pem ]]; }

# The lab's hook, as uacme calls one. uacme knows no other roots than the system's, so those have Pebble's in this namespace.
uacme_side() {
	cat >"$dir/uacme.hook" <<-END
		#!/bin/sh
		[ "\$2" = dns-01 ] || exit 1
		case \$1 in
		begin) exec "$share/hook.sh" deploy_challenge "\$3" "\$4" "\$5" ;;
		*) exec "$share/hook.sh" clean_challenge "\$3" "\$4" "\$5" ;;
		esac
	END
	chmod +x "$dir/uacme.hook"
	cat /etc/ssl/certs/ca-certificates.crt "$share/pebble-ca.pem" >"$dir/roots.pem"
	mount --bind "$dir/roots.pem" /etc/ssl/certs/ca-certificates.crt
	quietly uacme_run new hostmaster@example.net
}
uacme_run() { uacme -y -a "$server" -c "$dir/uacme" -h "$dir/uacme.hook" -t EC "$@"; }
uacme_all() { local name; for name in $(names 12); do uacme_run issue "$name"; done; }
uacme_forget() { find "$dir/uacme" -mindepth 1 -maxdepth 1 ! -name private -exec rm -rf {} +; }
uacme_has() { [[ -s $dir/uacme/$1/cert.pem ]]; }

# ---- the rounds ----

# What it was asked for is there.
all_there() {
	local program=$1 name
	for name in $(names "$2"); do "${program}_has" "$name" || die "$program has no certificate for $name"; done
}
# The CPU time of all children so far: the second line of what the shell itself, and no subshell of it, says.
spent() {
	awk 'FNR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s[NR > 2] += t[1] * 60 + t[2] } }
		END { printf "%d\n", (s[1] - s[0]) * 1e6 }' "$dir/times.before" "$dir/times.after"
}
measure() {
	local program=$1 series=$2 n=$3
	"${program}_forget"
	times >"$dir/times.before"
	timed "$series" "${program}_all"
	times >"$dir/times.after"
	spent >>"$dir/series.$series.cpu"
	all_there "$program" "$n"
}

# A new one, which knows certpush's account and nothing else.
new_ca() {
	quietly "$lab" ca PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0
	rm -rf "$dir/certpush/accounts"
	quietly certpush account register
}
measure_grown() {
	local tries=0
	new_ca
	until (measure certpush certpush48 48); do
		((++tries < 3)) || die 'certpush48: no run came to its end'
		say 'certpush48: again, with a new CA'
		new_ca
	done
}

peers='lego certbot dehydrated uacme'
quietly "$lab" ca PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0
for program in certpush $peers; do "${program}_side"; done
quietly "$lab" break ovh lag $lag
for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	for ((n = 0; n < times; n++)); do measure certpush certpush 12; done
	for program in $peers; do measure "$program" "$program" 12; done
done
certpush_settings 48
for ((n = 0; n < rounds * times; n++)); do measure_grown; done
quietly "$lab" mend ovh

fastest=
for program in $peers; do
	if [[ ! $fastest ]] || awk -v a="$(median "$program")" -v b="$(median "$fastest")" 'BEGIN { exit !(a < b) }'; then fastest=$program; fi
done
figure issue_ratio "$(ratio "$(median "$fastest")" "$(median certpush)")" times '>=' 7
figure issue_growth "$(ratio "$(median certpush48)" "$(median certpush)")" times '<=' 1.1
for program in certpush certpush48 $peers; do
	figure "issue_$program" "$(median "$program")" s
	figure "issue_${program}_cpu" "$(median "$program.cpu")" s
done
exit $missed
