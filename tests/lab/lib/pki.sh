# shellcheck shell=bash
# pki - the keys and certificates that are there before anything is pushed: an old CA's, with nine days left of ninety, and the ones of Pebble's own HTTPS.

pki=$lab_state/pki

pki_make() {
	blame=$lab_state/log/pki
	mkdir -p "$pki" "$share/store"
	chmod 0700 "$share" "$share/store"
	(
		ca_config >"$pki/ca.conf"
		keys_make
		root_make old 'Old Example Root'
		intermediate_make
		old_certificates
		root_make pebble-ca "Lab's CA for Pebble's HTTPS"
		pebble_certificate
	) >"$blame" 2>&1
	blame=
	cp "$pki/pebble-ca.pem" "$share/pebble-ca.pem"
}

keys_make() {
	ssh-keygen -q -t ed25519 -N '' -C certpush-lab -f "$share/id_ed25519"
	cat >"$share/tsig.key" <<-END
		key "certpush" {
			algorithm hmac-sha256;
			secret "$(openssl rand -base64 32)";
		};
	END
	chmod 0600 "$share/tsig.key"
}

day() { TZ=UTC printf '%(%Y%m%d%H%M%SZ)T' $((EPOCHSECONDS + $1 * 86400)); }

# request FILE SUBJECT [OPTION...]: FILE.key and FILE.csr
request() {
	local file=$1 subject=$2
	shift 2
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$file.key" -out "$file.csr" -subj "$subject" "$@"
}

root_make() {
	request "$pki/$1" "/O=Certpush Lab/CN=$2"
	sign "$1" -selfsign -keyfile "$pki/$1.key" -extensions issuer -startdate "$(day -400)" -enddate "$(day +3000)"
}

intermediate_make() {
	request "$pki/old-r3" '/O=Certpush Lab/CN=Old Example R3'
	sign old-r3 -cert "$pki/old.pem" -keyfile "$pki/old.key" -extensions issuer -startdate "$(day -399)" -enddate "$(day +2000)"
}

# In dehydrated's own layout: what a name without a stamp points at is in force.
old_certificates() {
	local name names
	while read -r name names; do
		if [[ $name ]]; then old_certificate "$name" "$names"; fi
	done <<<"$certificates"
}

# One more, once the instance is up.
pki_add() {
	blame=$lab_state/log/pki
	old_certificate "$@" >"$blame" 2>&1
	blame=
}

old_certificate() {
	local name=$1 dir=$share/store/$1 stamp part
	stamp=$((EPOCHSECONDS - 81 * 86400))
	mkdir -m 0700 "$dir"
	leaf "$pki/$name" "$2" old-r3 -81 +9
	cp "$pki/$name.key" "$dir/privkey-$stamp.pem"
	cp "$pki/$name.csr" "$dir/cert-$stamp.csr"
	cp "$pki/$name.pem" "$dir/cert-$stamp.pem"
	cp "$pki/old-r3.pem" "$dir/chain-$stamp.pem"
	cat "$pki/$name.pem" "$pki/old-r3.pem" >"$dir/fullchain-$stamp.pem"
	chmod 0600 "$dir"/*
	for part in privkey.pem cert.csr cert.pem chain.pem fullchain.pem; do
		ln -s "${part%.*}-$stamp.${part##*.}" "$dir/$part"
	done
}

pebble_certificate() { leaf "$pki/pebble" 'pebble.example.net home.example.net localhost' pebble-ca -1 +365; }

# leaf FILE "NAME..." ISSUER FROM-DAY TO-DAY: FILE.key, FILE.csr, FILE.pem
leaf() {
	local file=$1 names=$2 issuer=$3 from=$4 to=$5
	request "$file" "/CN=${names%% *}" -addext "subjectAltName=DNS:${names// /,DNS:}"
	sign "${file##*/}" -cert "$pki/$issuer.pem" -keyfile "$pki/$issuer.key" -extensions leaf \
		-startdate "$(day "$from")" -enddate "$(day "$to")"
}

# `openssl ca`, since nothing else in OpenSSL 3.0 lets a certificate begin in the past.
sign() {
	local name=$1
	shift
	: >"$pki/index.txt"
	openssl ca -batch -notext -md sha256 -config "$pki/ca.conf" -in "$pki/$name.csr" -out "$pki/$name.pem" "$@"
}

ca_config() {
	cat <<-END
		[ca]
		default_ca = lab
		[lab]
		database = $pki/index.txt
		new_certs_dir = $pki
		policy = any
		copy_extensions = copy
		rand_serial = yes
		unique_subject = no
		[any]
		organizationName = optional
		commonName = supplied
		[issuer]
		basicConstraints = critical, CA:TRUE
		keyUsage = critical, keyCertSign, cRLSign
		subjectKeyIdentifier = hash
		[leaf]
		basicConstraints = critical, CA:FALSE
		keyUsage = critical, digitalSignature
		extendedKeyUsage = serverAuth
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
	END
}
