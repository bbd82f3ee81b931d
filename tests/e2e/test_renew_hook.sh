#!/bin/bash
# The renewal with a hook in dehydrated's dialect, the user's own and unmodified, with and without hook_chain; and dehydrated's
# domains.txt in place of `certificates`.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
control

# What the settings say of dns and of certificates, in other words.
with() {
	sed -n '1,/^dns:/p' "$share/control/certpush.yml" >certpush.yml
	printf '%s\n' "$@" >>certpush.yml
}

cat >domains.txt <<-'END'
	# as dehydrated has it
	linode.example.net mail.example.net smtp.example.net news.example.net
	  www.example.net example.net   # a comment behind it
	*.Example.org example.org > wild
END
with "$(hook "$share/hook.sh")" 'domains: domains.txt'
ends 2 certpush renew
complains "domains\.txt:3:[0-9]+: a '#' behind a name: a comment has a line of its own$"
sed -i 's/ *# a comment.*//' domains.txt
keep_store
ends 0 certpush renew -n
same_store
says '^due: \[wild\]: none yet$'
ends 0 certpush renew
for name in linode.example.net www.example.net wild; do
	says "^issued: \[$name\] notAfter="
	whole "$name"
done
has_names wild '*.example.org' example.org
has_names linode.example.net linode.example.net mail.example.net news.example.net smtp.example.net
no_records example.org www.example.net example.net linode.example.net mail.example.net
ends 0 certpush renew
says '^nothing is due$'

# Names that were never validated before: even with PEBBLE_AUTHZREUSE=0, Pebble reuses one answer in a hundred.
# The words of each call, as a hook for dehydrated is given them, written down on the way to the real one.
cat >spy.sh <<-END
	#!/bin/bash
	echo "\$HOOK_CHAIN \$CHALLENGETYPE \$# \$1 \$2 \$5" >>$dir/calls
	exec $share/hook.sh "\$@"
END
chmod +x spy.sh
with "$(hook spy.sh)" 'certificates: {s1.example.net: {names: [s1.example.net, s2.example.net]}, wild: {names: ["*.s.example.org", s.example.org]}}'
ends 0 certpush renew --force
(($(grep -c '^no dns-01 4 deploy_challenge ' "$dir/calls") == 4)) || fail "not four single calls: $(cat "$dir/calls")"
(($(grep -c '^no dns-01 4 clean_challenge ' "$dir/calls") == 4)) || fail "not four single calls: $(cat "$dir/calls")"
(($(grep -c '^no dns-01 4 deploy_challenge s\.example\.org $' "$dir/calls") == 2)) || fail 'the wildcard and its apex: not two calls'

rm "$dir/calls"
with "$(hook spy.sh 'hook_chain: true')" 'certificates: {c1.example.net: {names: [c1.example.net, c2.example.net]}, wild: {names: ["*.c.example.org", c.example.org]}}'
ends 0 certpush renew --force
whole wild
(($(grep -c '^yes dns-01 13 deploy_challenge ' "$dir/calls") == 1)) || fail "not one call with all: $(cat "$dir/calls")"
(($(grep -c '^yes dns-01 13 clean_challenge ' "$dir/calls") == 1)) || fail "not one call with all: $(cat "$dir/calls")"
no_records s.example.org s1.example.net c.example.org c1.example.net c2.example.net
