#!/bin/bash
# Parts that are rendered, several certificates in one service, a directory that is replaced as a whole, and what is built of files: as
# Postfix (chain files, an SNI map) and nginx (an RSA and an ECDSA certificate) want them, and read by openssl.
# shellcheck source=push_lib.sh disable=SC2016 # expanded by that shell
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push --force
on() { "$lab" exec "$@"; }
# served PORT NAME [OPTION...]: the fingerprint of what a host shows for that name. The host is $host.
served() {
	local port=$1 name=$2
	shift 2
	s_client -connect "$host.example.net:$port" -servername "$name" "$@" 2>/dev/null | fingerprint
}

# ---- nginx: a pair, swapped together ----
host=ovh
nginx=/etc/nginx/conf.d/tls.conf
on ovh sh -c 'cp "$1" /root/was' sh $nginx
mint www.example.net.rsa2048 key=rsa:2048 names="$(names_of www.example.net)"
host_vars ovh <<-'END'
	certpush:
	  nginx:
	    certificate: [www.example.net, www.example.net.rsa2048]
	    swap: directory
	    files:
	    - {part: privkey, path: "/etc/nginx/pair/{certificate}.key"}
	    - {part: fullchain, path: "/etc/nginx/pair/{certificate}.pem"}
	    validate: nginx -t
	    checks: [{protocol: https}]
END
# It doesn't read them yet: what it can't prove is taken back.
sed -i 's/checks: /wait: 1\n    &/' "$dir/control/inventory/host_vars/ovh.yml"
ends 1 certpush push -l ovh nginx
complains 'HTTPS .*; the old files are back'
! on ovh test -e /etc/nginx/pair || fail 'the directory is left'
nothing_left ovh
sed -i '/wait: 1/d' "$dir/control/inventory/host_vars/ovh.yml"
on ovh sh -c 'for name in www.example.net www.example.net.rsa2048; do
	echo "ssl_certificate /etc/nginx/pair/$name.pem; ssl_certificate_key /etc/nginx/pair/$name.key;"
done >/etc/nginx/pair.conf; sed -i "s|^\( *\)ssl_certificate .*|\1include /etc/nginx/pair.conf;|; /ssl_certificate_key/d" "$1"' sh $nginx
ends 0 certpush plan -l ovh nginx
says '^would change: \[ovh\] => nginx www\.example\.net\.rsa2048\.key \(missing\)$'
pair_served() {
	[[ $(served 443 www.example.net -sigalgs ECDSA+SHA256) == "$(stored www.example.net)" ]] || fail 'not the ECDSA certificate'
	[[ $(served 443 www.example.net -sigalgs RSA-PSS+SHA256) == "$(stored www.example.net.rsa2048)" ]] || fail 'not the RSA certificate'
}
ends 0 certpush push -l ovh nginx
pair_served
on ovh test -L /etc/nginx/pair || fail 'no link'
ends 0 certpush check-remote https ovh
(($(grep -c 'HTTPS: OK' "$dir/out") == 2)) || fail 'not both were asked for'
ends 0 certpush push -l ovh nginx
says '^nothing to do: '
# One of the two is newer: one generation with both.
was=$(on ovh readlink /etc/nginx/pair)
mint www.example.net.rsa2048 key=rsa:2048 names="$(names_of www.example.net)"
ends 0 certpush push -v -l ovh nginx
says_not 'www\.example\.net\.(key|pem)'
pair_served
[[ $(on ovh readlink /etc/nginx/pair) != "$was" ]] || fail 'the same generation'
! on ovh test -e "/etc/nginx/$was" || fail 'the old generation is left'
# A certificate that can't be served with the others puts both back.
on ovh cp /etc/nginx/pair.conf /etc/nginx/pair.kept
mint www.example.net names=other.example.net
sed -i 's/^  www.example.net: .*/  www.example.net: {names: [other.example.net]}/' "$dir/control/certpush.yml"
"$lab" break ovh reload
ends 1 certpush push -l ovh nginx
"$lab" mend ovh
complains '^fatal: \[ovh\] FAILED! nginx: .*; the old files are back'
[[ $(on ovh openssl x509 -in /etc/nginx/pair/www.example.net.pem -noout -ext subjectAltName) != *other* ]] || fail 'the new one is there'
on ovh sh -c 'cp /root/was "$1"; rm -rf /etc/nginx/pair* /etc/nginx/.pair*; nginx -s reload' sh $nginx
nothing_left ovh

# ---- Postfix: chain files, and an SNI map that is built from them ----
host=linode
mint mail.example.org names=mail.example.org
host_vars linode <<-'END'
	certpush:
	  postfix:
	    certificate: [linode.example.net, mail.example.org]
	    files:
	    - {part: combined, path: "/etc/postfix/tls/{certificate}.pem"}
	    - {part: pkcs12, path: /etc/postfix/tls/all.p12, secret_file: ../../p12.pass}
	    - {part: der, path: /etc/postfix/tls/cert.der}
	    - {part: privkey-der, path: /etc/postfix/tls/key.der, certificate: mail.example.org}
	    - {part: combined, order: [cert, chain], path: /etc/postfix/tls/public.pem}
	    build: {command: "postmap -F hash:/etc/postfix/sni", inputs: ["/etc/postfix/tls/{certificate}.pem"]}
	    checks: [{protocol: smtp}, {protocol: submission, name: linode.example.net}]
END
on linode sh -c 'cp /etc/postfix/main.cf /root/main.cf
	postconf -e "smtpd_tls_chain_files = /etc/postfix/tls/linode.example.net.pem" "smtpd_tls_key_file =" "smtpd_tls_cert_file =" \
		"tls_server_sni_maps = hash:/etc/postfix/sni"
	echo "mail.example.org /etc/postfix/tls/mail.example.org.pem" >/etc/postfix/sni'
# The passphrase isn't there: this service alone is left out.
ends 1 certpush push -l linode
complains '^fatal: \[linode\] FAILED! postfix: .*p12\.pass: No such file'
says_not 'postfix'
(umask 077 && echo 'open sesame' >"$dir/control/p12.pass")
ends 0 certpush plan -l linode postfix
says '^would build: \[linode\] => postfix \(postmap -F hash:/etc/postfix/sni\)$'
ends 0 certpush push -v -l linode postfix
says '^built: \[linode\] => postfix \(postmap -F hash:/etc/postfix/sni\)$'
postfix_serves() {
	[[ $(served 25 linode.example.net -starttls smtp) == "$(stored linode.example.net)" ]] || fail 'not its own certificate'
	[[ $(served 25 mail.example.org -starttls smtp) == "$(stored mail.example.org)" ]] || fail 'not the one of the map'
}
postfix_serves
! grep -rq 'open sesame' "$dir/out" "$dir/err" || fail 'the passphrase is shown'
file() { on linode cat "/etc/postfix/tls/$1"; }
file all.p12 | openssl pkcs12 -passin pass:'open sesame' -nokeys -clcerts 2>/dev/null | fingerprint | grep -qx "$(stored linode.example.net)" || fail 'PKCS#12'
file cert.der | openssl x509 -inform der | fingerprint | grep -qx "$(stored linode.example.net)" || fail 'DER'
[[ $(file key.der | openssl pkey -inform der -pubout) == "$(openssl pkey -in "$dir/store/mail.example.org/privkey.pem" -pubout)" ]] || fail 'the key in DER'
file public.pem | cmp - "$dir/store/linode.example.net/fullchain.pem" || fail 'the order'
[[ $(on linode stat -c '%a %n' /etc/postfix/tls/all.p12 /etc/postfix/tls/key.der /etc/postfix/tls/mail.example.org.pem | cut -d' ' -f1 | sort -u) == 600 ]] ||
	fail 'a key that others can read'
ends 0 certpush push -l linode postfix
says '^nothing to do: '
# Another passphrase is another file, of which no map is made.
echo 'close sesame' >"$dir/control/p12.pass"
ends 0 certpush push -v -l linode postfix
says '^changed: \[linode\] => postfix all\.p12'
says_not '^built'
# The map is built again from what is put back.
mint mail.example.org names=mail.example.org
was=$(served 25 mail.example.org -starttls smtp)
"$lab" break linode reload
ends 1 certpush push -l linode postfix
"$lab" mend linode
complains 'the old files are back'
on linode postfix reload 2>/dev/null
[[ $(served 25 mail.example.org -starttls smtp) == "$was" ]] || fail 'the map has the new one'
ends 0 certpush push -l linode postfix
postfix_serves
on linode sh -c 'cp /root/main.cf /etc/postfix/main.cf; rm -f /etc/postfix/sni* /etc/postfix/tls/*.pem.* /etc/postfix/tls/*.der /etc/postfix/tls/all.p12 \
	/etc/postfix/tls/public.pem /etc/postfix/tls/*.example.*; postfix reload' 2>/dev/null
nothing_left linode

# A passphrase that can't be had is looked for once, and told for each that needs it.
needs_passphrase() {
	host_vars "$1" <<-END
		certpush:
		  $2: {files: [{part: pkcs12, path: /etc/all.p12, secret_command: "sh -c 'echo x >>$dir/asked; echo locked >&2; exit 2'"}]}
	END
}
needs_passphrase ovh nginx
needs_passphrase panix apache
ends 1 certpush plan -l ovh,panix nginx apache
complains '^fatal: \[ovh\] FAILED! nginx: .*: sh: exit status 2: locked$'
complains '^fatal: \[panix\] FAILED! apache: .*: sh: exit status 2: locked$'
(($(wc -l <"$dir/asked") == 1)) || fail 'it was looked for more than once'
