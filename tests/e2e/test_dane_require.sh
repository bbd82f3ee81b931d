#!/bin/bash
# tlsa: require. A new key isn't served before its record has been on every name server for twice its TTL; what has to be published is
# told; the host's other services, and what doesn't change the key, go on.
# shellcheck source=dane_lib.sh
. "$(dirname "$0")/dane_lib.sh"
own_control
mint_all
quiet certpush push -l linode

# Nothing changes: nothing is asked for.
postfix 'tlsa: require'
ends 0 certpush push -l linode
says '^nothing to do: '

# A new key, and no record.
old=$(stored linode.example.net) before=$(record)
mint linode.example.net
ends 1 certpush plan -l linode
complains '^fatal: \[linode\] FAILED! postfix: before its new key can be served, publish: '
says '^would change: \[linode\] => inn '
says_not 'postfix'
ends 1 certpush push -l linode
complains "^fatal: \[linode\] FAILED! postfix: before its new key can be served, publish: ${name//./\\.}\. 3600 IN TLSA $(record) - ns1\.example\.net \([^)]*\): no such name, and [0-9]+ more$"
postfix_has "$old" || fail 'postfix was pushed to'
inn_has "$(stored linode.example.net)" || fail 'inn was left too'

# The old key's alone; then the new one's, but not for long enough.
update "add $name 3600 TLSA $before"
all_show "$before"
ends 1 certpush push -l linode
complains "publish: ${name//./\\.}\. 3600 IN TLSA $(record) - ns1.example.net \([^)]*\): other records"
update "add $name 3600 TLSA $(record)"
all_show "$before" "$(record)"
ends 1 certpush push -l linode
complains '^fatal: \[linode\] FAILED! postfix: the TLSA record of its new key is out, but not yet for twice its TTL of 3600 s: pushed from [A-Z][a-z]{2} .* GMT on$'
(($(grep -c '^\[WARNING\]' "$dir/err" || :) == 0)) || fail 'a warning'
postfix_has "$old" || fail 'postfix was pushed to'

# The old key's must not go before the old key.
update "delete $name TLSA $before"
all_show "$(record)"
ends 1 certpush push -l linode
complains "^\[WARNING\]: linode: postfix: no TLSA record of ${name//./\\.} fits what is served now: clients that go by them refuse it$"

# The same with a TTL of a second: it has been seen since then.
update "delete $name TLSA" "add $name 1 TLSA $before" "add $name 1 TLSA $(record)"
all_show "$before" "$(record)"
sleep 2
ends 0 certpush push -l linode
says '^verified: \[linode\] => postfix SMTP'
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
update "delete $name TLSA $before"
ends 0 certpush push -l linode

# By the CA's key instead: a record that has been out for long fits every certificate of that CA.
issuer="2 1 1 $(openssl x509 -in "$ca/root.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"
update "delete $name TLSA" "add $name 1 TLSA $issuer"
all_show "$issuer"
ends 0 certpush push -l linode
sleep 2
mint linode.example.net
ends 0 certpush push -l linode
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
# A plan that was made when it could go: the push looks at the records again.
mint linode.example.net
old=$(held linode /etc/postfix/tls/fullchain.pem)
ends 0 certpush plan -l linode --out "$dir/plan.json"
says '^would change: \[linode\] => postfix '
update "delete $name TLSA" "add $name 1 TLSA $before"
all_show "$before"
ends 1 certpush push "$dir/plan.json"
complains '^fatal: \[linode\] FAILED! postfix: before its new key can be served, publish: '
complains "^fatal: \[linode\] FAILED! postfix: linode\.example\.net can't be pushed now: plan again$"
postfix_has "$old" || fail 'postfix was pushed to'
inn_has "$old" || fail 'inn was pushed to, and that was not all of the plan'
update "delete $name TLSA" "add $name 1 TLSA $issuer"
all_show "$issuer"
pushed() {
	certpush push -l linode
	((status == 0))
}
eventually pushed || fail 'postfix was not pushed to'
# and of another CA's certificate none
mint linode.example.net issuer=stranger
cat "$ca/stranger.pem" >>"$dir/roots.pem"
ends 1 certpush push -l linode
complains "publish: ${name//./\\.}\. 1 IN TLSA $(record) - .*: other records"

# All the same, and a check that is left out.
ends 0 certpush push -l linode --force
complains '^\[WARNING\]: linode: postfix: pushed with --force: before its new key can be served, publish: '
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'
mint linode.example.net
host_vars linode <<-'END'
	certpush:
	  postfix: {tlsa: require, checks: [{protocol: smtp, name: mail.example.net, tlsa: none}]}
END
ends 0 certpush push -l linode
postfix_has "$(stored linode.example.net)" || fail 'postfix was not pushed to'

# Two certificates, of two kinds of key: each needs a record, and without one of them neither goes.
two_kinds require
update "delete $name TLSA" "add $name 1 TLSA $(record)"
all_show "$(record)"
ends 1 certpush push -l linode
complains "publish: ${name//./\\.}\. 1 IN TLSA $(record $rsa) - .*: other records"
! "$lab" exec linode test -e /etc/postfix/tls/linode.example.net.pem || fail 'postfix was pushed to'
update "add $name 1 TLSA $(record $rsa)"
all_show "$(record)" "$(record $rsa)"
reads_two_kinds
eventually pushed || fail 'postfix was not pushed to'
serves_two_kinds
mint_rsa
ends 1 certpush push -l linode
complains "publish: ${name//./\\.}\. 1 IN TLSA $(record $rsa) - .*: other records"
says_not 'postfix'

# No name server can be asked.
postfix 'tlsa: require'
mint linode.example.net
sed -i 's/resolvers: \[.*\]/resolvers: ["10.53.0.1:9"]/' certpush.yml
old=$(held linode /etc/postfix/tls/fullchain.pem)
ends 1 certpush push -l linode
complains '^fatal: \[linode\] FAILED! postfix: .*no resolver answers'
postfix_has "$old" || fail 'postfix was pushed to'
