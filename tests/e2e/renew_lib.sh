# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # used by the tests
# renew_lib - what the tests of the renew side share, on top of lib.sh: settings written in a few words, the scripted CA,
# claims about TXT records and about the store.
# shellcheck source=lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib.sh"

pebble=https://pebble.example.net:14000/dir
fake=https://home.example.net:14999/directory
fake_pid=
ca_changed=

# native [TIMEOUT [MORE]]: a dns entry that asks the primary itself.
native() {
	echo "  - {provider: rfc2136, server: primary.example.net, ${2+$2, }" \
		"tsig: {name: certpush, algorithm: hmac-sha256, secret_file: ${secret-$share/tsig.key}}, $(propagation "${1-30s}")}"
}
# hook PATH [MORE]: one that runs a hook.
hook() { echo "  - {provider: hook, hook: $1, ${2+$2, }$(propagation 30s)}"; }
propagation() { echo "propagation: {timeout: $1, resolvers: [10.53.0.1]}"; }

# settings CERTIFICATE...: "NAME: {names: […], …}" each, or "NAME:"; $ca, $acme_timeout, $dns and $more say the rest.
settings() {
	cat >certpush.yml <<-END
		store: ../store
		acme: {ca: "${ca-$pebble}", ca_file: "$share/pebble-ca.pem", timeout: ${acme_timeout-60s}}
		dns:
		${dns-$(native)}
		${more-}
		certificates:
		$(printf '  %s\n' "$@")
	END
}

# An empty control directory, and no store.
fresh() {
	cd "$dir"
	rm -rf "$dir/control" "$dir/store"
	mkdir "$dir/control"
	cd "$dir/control"
}

# The scripted CA, in home's network. What it is told: `mode LINE...`.
fake_ca() {
	local pki
	pki=$(dirname "$share")/pki
	mkdir "$dir/ca"
	"$lab" run python3 "$here/fake_ca.py" "$dir/ca" "$pki/pebble.pem" "$pki/pebble.key" 14999 &
	fake_pid=$!
	eventually test -e "$dir/ca/ready" || fail 'the scripted CA does not start'
	ca=$fake
	acme_timeout=10s
}
mode() { printf '%s\n' "$@" >"$dir/ca/mode"; }
behave() { rm -f "$dir/ca/mode" "$dir/ca/away"; }
# How often the CA was asked at that place since `forget`.
asked() { grep -cx "$1" "$dir/ca/log" || :; }
forget() { : >"$dir/ca/log"; }

# Pebble with other settings, until the test ends.
pebble_with() {
	ca_changed=yes
	"$lab" ca "$@"
}

end_renew() {
	if [[ $fake_pid ]]; then kill "$fake_pid" 2>/dev/null || :; fi
	if [[ $ca_changed ]]; then "$lab" ca >/dev/null 2>&1 || :; fi
}
leave() {
	local status=$?
	set +e
	end_renew
	(exit $status)
	clean_up
}
trap leave EXIT
hosts= # none is broken here, unless the test says so

# certpush in the background, its process id in $pid and where the scripted CA looks for it; `finished` waits for it.
start() {
	# bash has what it puts in the background ignore SIGINT
	env --default-signal=INT,QUIT "$lab" run "$CERTPUSH" "$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	if [[ -d $dir/ca ]]; then echo "$pid" >"$dir/ca/pid"; fi
}
finished() {
	status=0
	wait "$pid" 2>/dev/null || status=$?
}

# One failure, told in one line that matches.
fails_with() {
	local certificate=$1 pattern=$2 n
	n=$(grep -cvE '^(\[WARNING\]|    )' "$dir/err" || :)
	((n == 1)) || fail "$n lines of errors, not one"
	complains "^fatal: \[$certificate\] FAILED! .*$pattern"
}

# What no server may show any more, the hidden primary and the public ones: TXT records for these names.
servers='10.53.0.2 10.53.0.11 10.53.0.12 10.53.0.13'
records() {
	local server name queries=()
	for server in $servers; do
		for name in "$@"; do queries+=("@$server" "_acme-challenge.$name" TXT); done
	done
	"$lab" run dig +short +time=2 +tries=1 "${queries[@]}"
}
gone() { [[ ! $(records "$@") ]]; }
no_records() {
	[[ ! $(servers=10.53.0.2 records "$@") ]] || fail "the primary still has a TXT record of $*"
	eventually gone "$@" || fail "TXT records are left: $(records "$@")"
}

# All of the store that others read: kind, mode, path, content.
store_tree() {
	(
		cd "$dir/store"
		find . \( -name .certpush -o -name order -o -name state.json \) -prune -o -printf '%y %m %p %l\n' | sort
		find . \( -name .certpush -o -name order -o -name state.json \) -prune -o -type f -print0 | sort -z | xargs -r0 sha256sum
	)
}
keep_store() { store_tree >"$dir/store.before"; }
same_store() {
	store_tree >"$dir/store.after"
	diff "$dir/store.before" "$dir/store.after" || fail "the store has changed"
}

# The generation that is in force is whole: the key fits, fullchain is cert and chain, the names are those.
whole() {
	local name=$1 d=$dir/store/$1
	[[ $(openssl pkey -in "$d/privkey.pem" -pubout) == "$(openssl x509 -in "$d/cert.pem" -noout -pubkey)" ]] ||
		fail "$name: key and certificate are no pair"
	cmp -s <(cat "$d/cert.pem" "$d/chain.pem") "$d/fullchain.pem" || fail "$name: fullchain isn't cert and chain"
}
# sans NAME: as openssl reads them, sorted, one line.
sans() {
	openssl x509 -in "$dir/store/$1/cert.pem" -noout -ext subjectAltName | grep -o 'DNS:[^,]*' | cut -d: -f2 | sort | paste -sd' '
}
has_names() {
	local name=$1
	shift
	[[ $(sans "$name") == "$(printf '%s\n' "$@" | sort | paste -sd' ')" ]] || fail "$name is for $(sans "$name"), not $*"
}
spki() { openssl pkey -in "$dir/store/$1/privkey.pem" -pubout | sha256sum; }
# The order that NAME's next run will go on with; nothing if there is none.
order_of() { sed -n 's/.*"url":[[:space:]]*"\(.*\)".*/\1/p' "$dir/store/$1/order/order.json" 2>/dev/null || :; }
# The order that NAME's certificate came from.
issued_by() { sed -n 's/.*"order":[[:space:]]*"\(.*\)".*/\1/p' "$dir/store/$1/state.json"; }
