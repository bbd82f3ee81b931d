#!/bin/bash
# tlsa: manage. The record of a new key is published, the push is held until it has been out for long enough, and the old one goes after the
# proof: not before, whatever happens on the way. The next key's is out long before.
# shellcheck source=dane_lib.sh
. "$(dirname "$0")/dane_lib.sh"
own_control
sed -i 's/^    propagation:/    ttl: 1\n&/' certpush.yml
mint_all
quiet certpush push -l linode

# is_held [NAME]: the push of a certificate's new key is held; then it can go.
is_held() {
	local of=${1:-linode.example.net}
	ends 0 certpush push -l linode
	says "^published: \[${of//./\\.}\] ${name//./\\.}\. TLSA $(record "$of")$"
	says '^held: \[linode\] => postfix: from [A-Z][a-z]{2} .* GMT on, when its new TLSA record has been out for twice its TTL$'
	[[ ! -s $dir/err ]] || fail 'it complains'
	sleep 2
}

# Its first record would be that of a key that isn't served yet, and nobody knows what is: nothing is published.
postfix 'tlsa: manage'
old=$(stored linode.example.net)
cp -rL "$dir/store/linode.example.net" "$dir/first"
mint linode.example.net
"$lab" exec linode postfix stop 2>/dev/null
ends 1 certpush push -l linode postfix
"$lab" exec linode postfix start 2>/dev/null
complains "^fatal: \[linode\] FAILED! postfix: its TLSA record at ${name//./\\.} can't be published: it would be the first, and what linode's postfix serves now can't be told$"
says '^1 service left for want of a TLSA record$'
shown || fail 'a record'
cp "$dir/first"/*.pem "$dir/store/linode.example.net/"

# What is served is announced, as it is the first record; nothing else happens.
ends 0 certpush plan -l linode
says "^would publish: \[linode\.example\.net\] ${name//./\\.}\. TLSA $(record)$"
all_show
ends 0 certpush push -l linode
says "^published: \[linode\.example\.net\] ${name//./\\.}\. TLSA $(record)$"
all_show "$(record)"
ends 0 certpush push -l linode
says '^nothing to do: '

# A new key: published beside the old one's; held; pushed; the old one's withdrawn.
old=$(stored linode.example.net) before=$(record)
mint linode.example.net
is_held
all_show "$before" "$(record)"
postfix_has "$old" || fail 'postfix was pushed to'
inn_has "$(stored linode.example.net)" || fail 'inn was left too'
ends 0 certpush plan -l linode
says '^would change: \[linode\] => postfix'
says "^would withdraw: \[linode\.example\.net\] ${name//./\\.}\. TLSA $before$"
ends 0 certpush push -l linode
says '^verified: \[linode\] => postfix SMTP'
says "^withdrawn: \[linode\.example\.net\] ${name//./\\.}\. TLSA $before$"
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
all_show "$(record)"

# What somebody else has put there stays.
foreign="3 1 1 $(printf '0%.0s' {1..64})"
update "add $name 1 TLSA $foreign"
before=$(record)
mint linode.example.net
is_held

# Taken back: both stay.
host_vars linode <<-'END'
	certpush:
	  postfix: {tlsa: manage, wait: 1, checks: [{protocol: smtp, name: mail.example.net}]}
END
"$lab" break linode stale
ends 1 certpush push -l linode
complains '; the old files are back$'
all_show "$before" "$(record)" "$foreign"
"$lab" mend linode
postfix 'tlsa: manage'
ends 0 certpush push -l linode
says "^withdrawn: \[linode\.example\.net\] ${name//./\\.}\. TLSA $before$"
all_show "$(record)" "$foreign"
update "delete $name TLSA $foreign"

# Killed when the record has just been added: the next run knows that it is ours, and when it's out.
before=$(record)
mint linode.example.net
start push -l linode
until tlsa_at 10.53.0.2 | grep -qF "$(record)"; do kill -0 "$pid" 2>/dev/null || break; done
kill -KILL "$pid" 2>/dev/null || :
wait "$pid" 2>/dev/null || :
all_show "$before" "$(record)"
quiet certpush push -l linode
sleep 2
ends 0 certpush push -l linode
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
all_show "$(record)"

# The name server doesn't take it: told, and the service is left as it is.
mint linode.example.net
old=$(held linode /etc/postfix/tls/fullchain.pem)
cp certpush.yml certpush.yml.good
sed -i 's/server: primary.example.net/server: "10.53.0.2:9"/' certpush.yml
ends 1 certpush push -l linode
complains "^fatal: \[linode\] FAILED! postfix: its TLSA record at ${name//./\\.} can't be published: "
postfix_has "$old" || fail 'postfix was pushed to'
mv certpush.yml.good certpush.yml
is_held
ends 0 certpush push -l linode
all_show "$(record)"

# And without another run.
before=$(record)
mint linode.example.net
ends 0 certpush push -l linode --wait
says '^held: \[linode\] => postfix'
says "^withdrawn: \[linode\.example\.net\] ${name//./\\.}\. TLSA $before$"
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'

# A key made in advance: its record is out long before, so that the push goes at once.
sed -i 's/^\(  linode\.example\.net: {.*\)}/\1, next_key: true}/' certpush.yml
ends 0 certpush renew --force --push -l linode linode.example.net
says '^held: \[linode\] => postfix'
sleep 2
ends 0 certpush push -l linode
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
next="3 1 1 $(openssl pkey -in "$dir/store/linode.example.net/next-privkey.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)"
all_show "$(record)" "$next"
before=$(record)
ends 0 certpush renew --force --push -l linode linode.example.net
says '^verified: \[linode\] => postfix SMTP'
[[ $(record) == "$next" ]] || fail 'not the key that was made in advance'
says "^withdrawn: \[linode\.example\.net\] ${name//./\\.}\. TLSA $before$"
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
next="3 1 1 $(openssl pkey -in "$dir/store/linode.example.net/next-privkey.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)"
all_show "$(record)" "$next"

# A plan parts what a push would publish from what is left to the administrator.
update "delete $name TLSA $next"
all_show "$(record)"
ends 0 certpush plan -l linode
says "^would publish: \[linode\.example\.net\] ${name//./\\.}\. TLSA $next$"
says_not '^publish: '
ends 0 certpush push -l linode
all_show "$(record)" "$next"
postfix 'tlsa: require'
ends 0 certpush plan -l linode
says "^publish: \[linode\.example\.net\] TLSA $next \(its next key\)$"
postfix 'tlsa: manage'

# A replacement goes by it as well: nothing is revoked as long as the push is held.
ends 1 certpush replace linode.example.net
says '^held: \[linode\] => postfix'
complains 'the old one is not revoked, since it may still be on linode: certpush replace linode\.example\.net goes on$'
sleep 2
ends 0 certpush replace linode.example.net
says '^revoked: \[linode\.example\.net\] \(superseded\)$'
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'

# Two certificates, of two kinds of key: a record of each, and the old one of each goes.
sed -i 's/, next_key: true//' certpush.yml
two_kinds manage
is_held $rsa
reads_two_kinds
ends 0 certpush push -l linode
serves_two_kinds
all_show "$(record)" "$(record $rsa)"
before=$(record $rsa)
mint_rsa
is_held $rsa
all_show "$(record)" "$before" "$(record $rsa)"
ends 0 certpush push -l linode
says "^withdrawn: \[linode\.example\.net.*\] ${name//./\\.}\. TLSA $before$"
serves_two_kinds
all_show "$(record)" "$(record $rsa)"
