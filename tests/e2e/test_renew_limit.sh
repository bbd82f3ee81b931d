#!/bin/bash
# A CA that says how long it wants to be left alone is left alone until then; two runs at once; and settings that can't work are told
# as what they are.
# shellcheck source=renew_lib.sh disable=SC2119
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
settings a.example.net: b.example.net:
ends 0 certpush renew a.example.net
keep_store

limited() {
	behave
	forget
	ends 1 certpush renew b.example.net
	fails_with b.example.net 'the CA wants no request before .* GMT \(.*rateLimited: too many requests of you'
	(($(asked "$1") == 0)) || fail 'the CA was asked again'
}
mode 'new-order limit 3600'
ends 1 certpush renew b.example.net
fails_with b.example.net 'new order: .*rateLimited: too many requests of you \(retry after 20'
limited directory
ends 0 certpush renew a.example.net
ends 0 certpush renew --force b.example.net
whole b.example.net
rm -r "$dir/store/b.example.net"
mode 'account limit 3600'
ends 1 certpush renew b.example.net
fails_with b.example.net 'account: .*rateLimited: too many requests of you \(retry after 20'
limited directory
rm -r "$dir/store/b.example.net"
# Later refusals leave the order for when the CA may be asked again.
for place in authz challenge finalize cert; do
	mode "$place limit 3600"
	ends 1 certpush renew b.example.net
	fails_with b.example.net "${place::4}.*: .*rateLimited: too many requests of you \\(retry after 20"
	limited directory
	was=$(order_of b.example.net)
	ends 0 certpush renew --force b.example.net
	[[ $(issued_by b.example.net) == "$was" ]] || fail "$place: not the order that was begun"
	rm -r "$dir/store/b.example.net"
done
# A short one is waited for.
mode 'new-order limit 1'
ends 1 certpush renew b.example.net
rm -r "$dir/store/b.example.net"

# What the last run left to know can't be read: that is no reason to renew nothing.
mkdir "$dir/store/b.example.net"
echo '{"not_before": 17955' >"$dir/store/b.example.net/state.json"
behave
ends 0 certpush renew b.example.net
complains '^\[WARNING\]: b\.example\.net: .*state\.json'
ends 0 certpush renew
[[ ! -s $dir/err ]] || fail 'it still complains'

# Two runs at once.
mode 'new-order hang'
forget
start renew --force a.example.net
eventually grep -qx new-order "$dir/ca/log" || fail 'the first run does not begin'
first=$pid
ends 3 certpush renew
complains "renew, pid $first, since 20[0-9-]*T[0-9:]*Z"
(($(wc -l <"$dir/err") == 1)) || fail 'more than one line'
kill -TERM "$first"
finished
((status == 130)) || fail "exit status $status after SIGTERM"
behave
ends 0 certpush renew --force a.example.net

# Settings that can't work.
wrong() {
	local want=$1 pattern=$2
	ends "$want" certpush renew --force a.example.net
	(($(wc -l <"$dir/err") == 1)) || fail 'more than one line'
	complains "$pattern"
}
keep_store
ca=letsencript settings a.example.net:
wrong 2 "certpush.yml:[0-9]*:[0-9]*: ca: .*letsencript.*did you mean.*letsencrypt"
settings a.example.net:
sed -i 's|ca_file: [^,]*|ca_file: nowhere.pem|' certpush.yml
wrong 2 'certpush.yml:[0-9]*:[0-9]*: ca_file: .*nowhere\.pem'
cp "$share/tsig.key" open.key
chmod 0640 open.key
dns=$(secret=open.key native) settings a.example.net:
wrong 2 'open\.key.*(others|chmod)'
dns=$(secret=none.key native) settings a.example.net:
wrong 2 'none\.key.*[Nn]o such file'
echo 'key "certpush" { algorithm hmac-sha256; };' >none.key
chmod 0600 none.key
dns=$(secret=none.key native) settings a.example.net:
wrong 2 'none\.key'
same_store
