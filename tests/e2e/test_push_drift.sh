#!/bin/bash
# What a host must hold is asked of the host itself: drift of any kind is seen, told with its reason, and put
# right; a push that was cut off is finished by the next; and what must not be replaced isn't.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

on() { "$lab" exec "$@"; }

on panix chmod 0640 /etc/apache2/tls/privkey.pem
on panix chown www-data /etc/apache2/tls/fullchain.pem
ends 0 certpush plan -l panix
says '^would change: \[panix\] => apache privkey\.pem \(mode 0640 -> 0600\)'
says '^would change: \[panix\] => apache fullchain\.pem \(owner [a-z-]+ -> [a-z-]+\)'
ends 0 certpush push -v -l panix
says '^changed: \[panix\] => apache privkey\.pem \(mode 0640 -> 0600\)'
says '^changed: \[panix\] => apache fullchain\.pem \(owner [a-z-]+ -> [a-z-]+\)'
[[ $(on panix stat -c '%a %U:%G' /etc/apache2/tls/privkey.pem) == '600 root:root' ]] || fail 'mode'
[[ $(on panix stat -c '%a %U:%G' /etc/apache2/tls/fullchain.pem) == '644 root:root' ]] || fail 'owner'

# a group, by deploy and sudo; and a file that someone has overwritten, at once
on linode chgrp root /etc/news/tls/privkey.pem
on linode sh -c 'echo mine >/etc/postfix/tls/fullchain.pem'
ends 0 certpush push -v -l linode
says '^changed: \[linode\] => inn privkey\.pem \(group [a-z-]+ -> [a-z-]+\)'
says '^changed: \[linode\] => postfix fullchain\.pem \(content\)'
says_not '=> postfix privkey'
[[ $(on linode stat -c '%a %U:%G' /etc/news/tls/privkey.pem) == '600 news:news' ]] || fail 'group'
up_to_date linode panix
# shellcheck disable=SC2086 # words
nothing_left $hosts

# put in place by hand, and not reloaded
mint www.example.net
for part in privkey fullchain; do
	on panix sh -c "cat >/etc/apache2/tls/$part.pem" <"$dir/store/www.example.net/$part.pem"
done
ends 0 certpush plan -l panix
says '^would reload: \[panix\] => apache \(apachectl graceful\)'
says_not '^would change'
ends 0 certpush push -v -l panix
says '^reloaded: \[panix\] => apache \(apachectl graceful\).*serves an older certificate than its files hold'
says_not '^changed: '
up_to_date panix

# a reload that is owed
on panix touch /etc/apache2/tls/.privkey.pem.certpush-none
on panix ln /etc/apache2/tls/fullchain.pem /etc/apache2/tls/.fullchain.pem.certpush-old
ends 0 certpush plan -l panix
says '^would reload: \[panix\] => apache.*owed by an earlier push'
ends 0 certpush push -l panix
says_not '^changed: '
says '^reloaded: \[panix\]'
nothing_left panix
ends 0 certpush push -l panix
says '^nothing to do: 1 service on 1 host as it should be$|^nothing to do: 1 service on 1 host as they should be$'

# what stands there is no file of its own: refused, and left
refused() {
	remember panix
	ends 1 certpush push -l panix
	told_once "^fatal: \[panix\] FAILED! /etc/apache2/tls/fullchain\.pem: $1"
	as_before panix
}
mint www.example.net
on panix mv /etc/apache2/tls/fullchain.pem /etc/apache2/kept.pem
on panix ln -s ../kept.pem /etc/apache2/tls/fullchain.pem
refused 'a symbolic link there'
on panix rm /etc/apache2/tls/fullchain.pem
on panix mkdir /etc/apache2/tls/fullchain.pem
refused 'not a regular file there'
on panix rmdir /etc/apache2/tls/fullchain.pem
on panix mv /etc/apache2/kept.pem /etc/apache2/tls/fullchain.pem
ends 0 certpush push
# shellcheck disable=SC2086 # words
up_to_date $hosts
# shellcheck disable=SC2086 # words
nothing_left $hosts
