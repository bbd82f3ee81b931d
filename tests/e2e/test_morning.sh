#!/bin/bash
# The morning on linode, panix and ovh: what is due is renewed, pushed, reloaded and proved; a second run has
# nothing to do; a dry run writes nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
reset_hosts
control

unchanged() {
	for host in $hosts; do
		tree "$host" >"$dir/$host.after"
		diff "$dir/$host.before" "$dir/$host.after" || fail "$1 changed $host"
	done
}

for host in $hosts; do tree "$host" >"$dir/$host.before"; done
cp -a "$dir/store" "$dir/store.before"
ends 0 certpush renew --push -n
says '^due: \[linode\.example\.net\] expires in 8 days'
diff -r "$dir/store.before" "$dir/store" || fail 'the dry run changed the store'
ends 0 certpush renew
ends 0 certpush plan
says '^would change: \[linode\] => postfix privkey\.pem \(content\)'
says '^would reload: \[ovh\] => nginx \(nginx -s reload\)'
ends 1 certpush plan --exit-code
ends 0 certpush push -n
unchanged 'a dry run'

control
ends 0 certpush renew --push
for name in linode.example.net www.example.net imap.example.net; do
	says "^issued: \[$name\] notAfter="
done
says '^reloaded: \[linode\] => postfix'
says '^linode +: ok=0 +changed=4 +reloaded=1 +verified=8 +unreachable=0 +failed=0'
says '^panix +: ok=0 +changed=2 +reloaded=1 +verified=2 +unreachable=0 +failed=0'
says '^ovh +: ok=0 +changed=4 +reloaded=2 +verified=6 +unreachable=0 +failed=0'

[[ $(held linode /etc/postfix/tls/fullchain.pem) == "$(stored linode.example.net)" ]] || fail 'postfix: file'
[[ $(served linode 25 smtp) == "$(stored linode.example.net)" ]] || fail 'postfix: served'
[[ $(served linode 563) == "$(stored linode.example.net)" ]] || fail 'inn: served'
[[ $(served panix 443) == "$(stored www.example.net)" ]] || fail 'apache: served'
[[ $(served ovh 993) == "$(stored imap.example.net)" ]] || fail 'dovecot: served'

for host in $hosts; do
	"$lab" exec "$host" find / -xdev -name '*certpush*' -not -path '/proc/*' >"$dir/left"
	[[ ! -s $dir/left ]] || fail "left on $host: $(cat "$dir/left")"
	tree "$host" >"$dir/$host.before"
done
ends 0 certpush renew --push
says '^nothing is due$'
says '^nothing to do: 5 services on 3 hosts as they should be$'
unchanged 'the second push'

ends 0 certpush check
silent
ends 0 certpush check-remote smtp linode
says '^    SMTP: OK notAfter=[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4} GMT$'
(($(wc -l <"$dir/out") == 1)) || fail 'check-remote smtp linode says more than one line'
