# shellcheck shell=bash
# looks - every service answers with its old certificate, and the control side has what it needs.

endpoints='
linode.example.net:25  linode.example.net smtp
linode.example.net:587 linode.example.net smtp
linode.example.net:465 linode.example.net
linode.example.net:119 linode.example.net nntp
linode.example.net:563 linode.example.net
panix.example.net:443  www.example.net
ovh.example.net:443    www.example.net
ovh.example.net:143    imap.example.net imap
ovh.example.net:993    imap.example.net
plain1.example.net:443 plain.example.net
'

# served ENDPOINT [STARTTLS]: the fingerprint of what is served there
served() {
	lab run timeout 20 openssl s_client -connect "$1" ${2:+-starttls "$2"} </dev/null 2>/dev/null | fingerprint
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }
stored() { fingerprint <"$share/store/$1/cert.pem"; }
serves() { [[ $(served "$1" "${3-}") == "$(stored "$2")" ]]; }

# ssh_to HOST USER CMD...
ssh_to() {
	lab run ssh -n -F none -o BatchMode=yes -o ConnectTimeout=5 -i "$share/id_ed25519" \
		-o UserKnownHostsFile="$share/known_hosts" "$2@$1.example.net" "${@:3}"
}

test_looks() {
	local endpoint name starttls host
	while read -r endpoint name starttls; do
		[[ ! $endpoint ]] || check "$endpoint serves its old certificate" serves "$endpoint" "$name" "$starttls"
	done <<<"$endpoints"
	for host in $(lab hosts); do
		check "$host: root by key" ssh_to "$host" root true
		check "$host: deploy by key, and sudo" ssh_to "$host" deploy sudo -n true
	done
	check 'the old certificates are trusted' openssl verify -CAfile "$share/roots.pem" \
		-untrusted "$share/store/www.example.net/chain.pem" "$share/store/www.example.net/cert.pem"
	check 'they have ten days left' openssl x509 -noout -checkend $((8 * 86400)) -in "$share/store/www.example.net/cert.pem"
	refuse 'and no more' openssl x509 -noout -checkend $((10 * 86400)) -in "$share/store/www.example.net/cert.pem"
	expect 'a name is found by the resolver' 10.53.0.12 lab run dig +short ns2.example.net
	expect 'nothing else is' NXDOMAIN lab run dig www.debian.org
	expect 'exit status of run' 7 sh -c "'$here/lab' run sh -c 'exit 7'; echo \$?"
	expect 'exit status of exec' 7 sh -c "'$here/lab' exec ovh sh -c 'exit 7'; echo \$?"
	if command -v ansible-inventory >/dev/null; then
		expect "Ansible reads the control directory" '"ansible_host"' lab run ansible-inventory -i "$share/control/inventory" --host plain1
	fi
}
