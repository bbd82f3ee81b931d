# shellcheck shell=bash disable=SC2034 # used by the tests
# push_lib - for the tests of the push side: certificates of a CA of our own, made in a moment and with any
# flaw; what a host holds and serves; and claims about it.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- certificates ----

ca=$dir/ca

# Like control, with our CA trusted beside the lab's.
own_control() {
	control
	[[ -e $ca/root.pem ]] || make_ca
	cat "$share/roots.pem" "$ca/root.pem" >"$dir/roots.pem"
	sed -i "s|^trust:.*|trust: $dir/roots.pem|" "$dir/control/certpush.yml"
}

make_ca() {
	mkdir -p "$ca"
	cat >"$ca/ca.conf" <<-END
		[ca]
		default_ca = e2e
		[e2e]
		database = $ca/index.txt
		new_certs_dir = $ca
		policy = any
		copy_extensions = copy
		default_md = sha256
		rand_serial = yes
		unique_subject = no
		[any]
		commonName = supplied
		[issuer]
		basicConstraints = critical, CA:TRUE
		[leaf]
		basicConstraints = critical, CA:FALSE
	END
	self_signed root
	self_signed stranger
}

day() { TZ=UTC printf '%(%Y%m%d%H%M%SZ)T' $((EPOCHSECONDS + $1 * 86400)); }
# shellcheck disable=SC2086 # words
request() {
	openssl req -new -newkey ${key:-ec -pkeyopt ec_paramgen_curve:P-256} -nodes -keyout "$ca/$1.key" -out "$ca/$1.csr" -subj "/CN=$2" "${@:3}"
}
sign() {
	: >"$ca/index.txt"
	openssl ca -batch -notext -config "$ca/ca.conf" -in "$ca/$1.csr" -out "$ca/$1.pem" "${@:2}"
}
self_signed() {
	{
		request "$1" "Test $1"
		sign "$1" -selfsign -keyfile "$ca/$1.key" -extensions issuer -startdate "$(day -100)" -enddate "$(day 1000)"
	} >"$ca/log" 2>&1 || fail "no CA: $(tail -n 1 "$ca/log")"
}

# The names that the settings have for a certificate, with commas.
names_of() { sed -n "s/^  $1: {names: \[\(.*\)\]}.*/\1/p" "$dir/control/certpush.yml" | tr -d ' "'; }

# mint NAME [KEY=VALUE...]: a new key and certificate in the store. from, to: days from now; issuer: root or
# stranger; names: with commas; key: as openssl req -newkey takes it; eku: serverAuth,clientAuth.
mint() {
	local name=$1 from=0 to=90 issuer=root key='' eku='' names at
	names=$(names_of "$name")
	shift
	(($# == 0)) || local "$@"
	{
		request leaf "$name" -addext "subjectAltName=DNS:${names//,/,DNS:}" ${eku:+-addext "extendedKeyUsage=$eku"}
		sign leaf -cert "$ca/$issuer.pem" -keyfile "$ca/$issuer.key" -extensions leaf -startdate "$(day "$from")" -enddate "$(day "$to")"
	} >"$ca/log" 2>&1 || fail "no certificate: $(tail -n 1 "$ca/log")"
	at=$dir/store/$name
	mkdir -p "$at"
	rm -f "$at"/{privkey,cert,chain,fullchain}.pem
	install -m 0600 "$ca/leaf.key" "$at/privkey.pem"
	cp "$ca/leaf.pem" "$at/cert.pem"
	cp "$ca/$issuer.pem" "$at/chain.pem"
	cat "$ca/leaf.pem" "$ca/$issuer.pem" >"$at/fullchain.pem"
}

certificates='linode.example.net www.example.net imap.example.net'
mint_all() {
	local name
	for name in $certificates; do mint "$name"; done
}

# ---- what the inventory says, beside what it says already ----

# host_vars HOST: the text on standard input becomes its own variables; those that the lab gave it stay.
host_vars() {
	local file=$dir/control/inventory/host_vars/$1.yml
	if [[ ! -e $file.first ]]; then
		if [[ -e $file ]]; then cp "$file" "$file.first"; else : >"$file.first"; fi
	fi
	cat "$file.first" - >"$file"
}

# configure_sshd HOST SED-EXPRESSION: its sshd_config as packaged, edited so; at the end it is as packaged again.
# shellcheck disable=SC2016 # expanded there
configure_sshd() {
	"$lab" exec "$1" sh -c '[ -e /run/sshd_config ] || cp /etc/ssh/sshd_config /run/sshd_config; sed "$1" /run/sshd_config >/etc/ssh/sshd_config' sh "$2"
	"$lab" break "$1" sshd
	"$lab" mend "$1"
	configured=$1
}
leave() {
	if [[ ${configured-} ]]; then configure_sshd "$configured" '' || :; fi
	clean_up "$1"
}
trap 'leave "$?"' EXIT

# ---- what is there ----

# "SERVICE DIRECTORY CERTIFICATE PORT[/STARTTLS]..." of each service of a host.
services() {
	case $1 in
	linode)
		echo postfix /etc/postfix/tls linode.example.net 25/smtp 587/smtp
		echo inn /etc/news/tls linode.example.net 119/nntp 563
		;;
	panix) echo apache /etc/apache2/tls www.example.net 443 ;;
	ovh)
		echo nginx /etc/nginx/tls www.example.net 443
		echo dovecot /etc/dovecot/tls imap.example.net 143/imap 993
		;;
	esac
}

# "PORT FINGERPRINT" of each port of a host's services, in order; asked side by side.
faces() {
	local service directory certificate ports
	# shellcheck disable=SC2016 # expanded by that shell
	services "$1" | while read -r service directory certificate ports; do echo "$ports"; done | tr ' ' '\n' |
		"$lab" run xargs -P 8 -I PORT bash -c '
			starttls=${2#${2%/*}}
			openssl s_client $3 -connect "$1:${2%/*}" -servername "$1" ${starttls:+-starttls "${starttls#/}"} </dev/null 2>/dev/null |
				openssl x509 -noout -fingerprint -sha256 2>/dev/null | sed "s/.*=/${2%/*} /; s/://g" ||
				echo "${2%/*} nothing"' face "$1.example.net" PORT "$no_cas" | tr 'A-F' 'a-f' | sort
}

# What a push that failed must leave as it was: every file with its mode, owner, time, size and digest, and the
# services' own with their inode too; not the times of directories, in which something was made and removed.
belongings() {
	tree "$1" | awk '/^d/ { $3 = $4 = "-" } 1'
	# shellcheck disable=SC2046 # words
	"$lab" exec "$1" sh -c 'find "$@" -type f -printf "%i %M %u:%g %T@ %s %p\n"; find "$@" -type f -exec sha256sum {} +' sh \
		$(services "$1" | cut -d' ' -f2) | sort
}

# remember HOST..., as_before HOST...: what they hold and serve.
remember() {
	local host
	for host; do
		belongings "$host" >"$dir/$host.held"
		faces "$host" >"$dir/$host.served"
	done
}
as_before() {
	local host
	for host; do
		belongings "$host" | diff "$dir/$host.held" - >"$dir/diff" || fail "$host doesn't hold what it did: $(cat "$dir/diff")"
		faces "$host" | diff "$dir/$host.served" - >"$dir/diff" || fail "$host doesn't serve what it did: $(cat "$dir/diff")"
	done
}

# pair HOST DIRECTORY: the fingerprint of the certificate there; "mixed" if the key isn't its own.
pair() {
	"$lab" exec "$1" cat "$2/privkey.pem" "$2/fullchain.pem" >"$dir/pair" || fail "$1: no files in $2"
	if [[ $(openssl pkey -in "$dir/pair" -pubout) == "$(openssl x509 -in "$dir/pair" -noout -pubkey)" ]]; then
		fingerprint <"$dir/pair"
	else
		echo mixed
	fi
}

# up_to_date HOST...: each service holds and serves what the store has.
up_to_date() {
	local host service directory certificate ports
	for host; do
		while read -r service directory certificate ports; do
			[[ $(pair "$host" "$directory") == "$(stored "$certificate")" ]] || fail "$host: $service doesn't hold the store's pair"
			for port in $ports; do echo "$port $(stored "$certificate")"; done
		done < <(services "$host") | sed 's|/[a-z]*||' | sort >"$dir/wanted"
		faces "$host" | diff "$dir/wanted" - >"$dir/diff" || fail "$host doesn't serve what is stored: $(cat "$dir/diff")"
	done
}

# nothing_left HOST...: of certpush, in any directory.
nothing_left() {
	local host
	for host; do
		"$lab" exec "$host" find / -name proc -prune -o -name '*certpush*' -print >"$dir/left"
		[[ ! -s $dir/left ]] || fail "left on $host: $(cat "$dir/left")"
	done
}

# certpush in the background: lab run becomes it, its pid is $pid. (A shell's background has SIGINT ignored.)
start() {
	"$lab" run env --default-signal=INT LSAN_OPTIONS="suppressions=$here/libssh2.supp:print_suppressions=0" "$CERTPUSH" "$@" \
		>"$dir/out" 2>"$dir/err" &
	pid=$!
}

# told_once PATTERN: one line of the errors, and it's this one.
told_once() {
	complains "$1"
	(($(wc -l <"$dir/err") == 1)) || fail "more than one line of errors"
}
