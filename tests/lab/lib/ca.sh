# shellcheck shell=bash
# ca - Pebble: how it is set, and the roots it has made up at its start.

# No waiting between validations, and no answers kept from earlier orders: a test must see the whole way every time. What else
# Pebble has for defaults stays (5 % of good nonces refused). PEBBLE_* of the environment, and the arguments, come last.
ca_environment() {
	echo PEBBLE_VA_NOSLEEP=1
	echo PEBBLE_AUTHZREUSE=0
	env | grep '^PEBBLE_[A-Z_]*=' || :
	printf '%s\n' "$@"
}

check_ca_settings() {
	local setting
	for setting in "$@"; do
		[[ $setting =~ ^PEBBLE_[A-Z_]+=[^[:space:]]*$ ]] || usage "ca: '$setting' is not PEBBLE_NAME=VALUE"
	done
}

# Its root differs at every start, so the file that control directories point at is written anew.
ca_fetch_roots() {
	local n=0 new=$share/roots.pem.new
	cp "$pki/old.pem" "$new"
	while ca_root $n >>"$new"; do n=$((n + 1)); done
	((n > 0)) || die 'Pebble gives no root'
	mv "$new" "$share/roots.pem"
}
ca_root() {
	net_of_home curl -sf --max-time 10 --cacert "$share/pebble-ca.pem" \
		--resolve "pebble.example.net:15000:$(host_v4 home)" "https://pebble.example.net:15000/roots/$1"
}

ca_answers() {
	net_of_home curl -sf --max-time 10 -o /dev/null --cacert "$share/pebble-ca.pem" \
		--resolve "pebble.example.net:$acme_port:$(host_v4 home)" "https://pebble.example.net:$acme_port/dir"
}
