#!/bin/bash
# What check-remote asks: hosts of the inventory by name and pattern, any others, a list; by which name and
# address; each once, though it is told of each.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# checks STATUS QUERY WORD...: a jq query over the list of what is told
checks() {
	local want=$1 query=$2
	shift 2
	ends "$want" certpush check-remote --format json "$@"
	jq -e -s "map(select(.event == \"probe\")) | $query" "$dir/out" >/dev/null || fail "$*: not $query"
}
of_hosts() { echo "map(.host) | unique == [$(printf '"%s",' "$@" | sed 's/,$//')]"; }

# ---- patterns, and -l ----
checks 0 "$(of_hosts ovh panix)" https web
checks 0 "$(of_hosts ovh panix)" https 'web:mail'
checks 0 "$(of_hosts panix)" https 'web:!ovh'
checks 0 "$(of_hosts ovh panix)" https ovh panix web
checks 0 'group_by([.host, .service, .address]) | all(length == 1)' https ovh panix web
checks 0 "$(of_hosts ovh)" -l 'all:!panix' https panix ovh
checks 0 "$(of_hosts ovh)" -l ovh
checks 0 'all(.protocol == "SMTP")' smtp
ends 0 certpush check-remote https web
says '^panix'
ends 0 certpush check-remote https 'web:!ovh'
says '^panix'
ends 2 certpush check-remote https 'web:!nobody'
complains 'nobody'

# ---- others, beside them: compared with what the settings have for their name ----
checks 0 'map(.host) | unique == ["imap.example.net:993", "ovh"]' imaps imap.example.net:993 ovh
checks 0 'all(.verdict == "ok")' imaps 10.53.0.13 --name imap.example.net
checks 1 'all(.verdict == "wrong name")' imaps 10.53.0.13
checks 1 'all(.verdict == "foreign")' imaps 10.53.0.13 --name www.example.net
checks 1 'all(.verdict == "wrong name")' https ovh --name imap.example.net
mint imap.example.net
checks 1 'all(.verdict == "older")' imaps 10.53.0.13 --name imap.example.net
quiet certpush push
# another port of a host of the inventory
checks 0 'map(.address) | all(endswith(":443"))' https panix:443
checks 1 'all(.verdict == "unreachable")' https panix:444
# a check that it hasn't: at its own address
checks 1 'all(.verdict == "unreachable")' smtp panix
checks 0 'map(.address) | all(startswith("10.53."))' -4 https web
ends 2 certpush check-remote -46 https web

# ---- all names, and none ----
checks 0 'map(.item) | unique == ["linode.example.net", "mail.example.net", "news.example.net", "smtp.example.net"]' --all-names smtp linode
ends 0 certpush check-remote --all-names smtp linode
says '^    SMTP mail.example.net: OK '
ends 0 certpush check-remote --no-sni https panix

# ---- a list ----
cat >list <<-'END'
	# ours and others'
	https   web:!ovh
	smtp    linode:25 mail.example.net  # by another of its names
	imaps   10.53.0.13 imap.example.net
	https   panix
	nntp    [10.53.0.11]:119 news.example.net
END
checks 0 'length > 0 and (map(.host) | unique == ["10.53.0.13", "[10.53.0.11]:119", "linode", "panix"])' --file list
status=0
"$lab" run "$CERTPUSH" check-remote --file - <list >"$dir/out" 2>"$dir/err" || status=$?
((status == 0)) || fail "--file -: exit status $status"
(($(grep -c '^panix' "$dir/out") == 1)) || fail 'panix stands there twice'
printf 'https panix\nsmpt linode\nhttps ovh:70000\nhttps ovh *.example.net\n' >list
ends 2 certpush check-remote --file list
complains 'list:2:1: unknown protocol .smpt.: did you mean .smtp.\?'
complains "list:3:7: not a port: ':70000'"
complains 'list:4:11: '

# ---- without settings, several at once ----
cd "$dir"
bare() {
	status=0
	"$lab" run env -u CERTPUSH_CONFIG SSL_CERT_FILE="$dir/roots.pem" XDG_CONFIG_HOME="$dir/none" HOME="$dir" "$CERTPUSH" "$@" \
		>"$dir/out" 2>"$dir/err" || status=$?
}
ends 0 bare check-remote https www.example.net ovh.example.net:443 --name www.example.net
says '^www.example.net'
says '^ovh.example.net:443'
ends 1 bare check-remote https www.example.net nobody.example.net
says '^    HTTPS: OK '
says '^    HTTPS: UNREACHABLE '
ends 2 bare check-remote https 'web*'
told_once 'pattern'
# with settings that have no inventory
cp "$dir/control/certpush.yml" "$dir/alone.yml"
sed -i "/^inventory:/d; s|store: .*|store: $dir/store|" "$dir/alone.yml"
ends 0 certpush -c "$dir/alone.yml" check-remote https www.example.net
ends 2 certpush -c "$dir/alone.yml" check-remote

# ---- what is expected can't be read: never called well ----
cd "$dir/control"
for file in "$dir"/store/www.example.net/{fullchain,cert}.pem; do echo junk >"$file"; done
ends 1 certpush check-remote --name www.example.net https panix
says '^    HTTPS: OK '
complains "^certpush: what is served can't be compared with www.example.net: .*fullchain.pem: "
ends 3 certpush --format nagios check-remote --name www.example.net https panix
says '^CERTPUSH UNKNOWN - '
# of others' hosts it may be the one
ends 0 certpush -c "$dir/alone.yml" check-remote https ovh.example.net --name www.example.net
complains "^\[WARNING\]: what is served can't be compared with www.example.net: "

# ---- whose turn comes late has time of its own ----
"$lab" exec panix python3 -c '
import os, socket, time
silent = [socket.create_server(("10.53.0.12", port)) for port in (7001, 7002)]
open("/run/silent", "w").close()
while os.path.exists("/run/silent"):
    time.sleep(0.1)' &
until "$lab" exec panix test -e /run/silent; do sleep 0.1; done
printf 'https panix:7001\nhttps panix:7002\nhttps ovh:443 www.example.net\n' >list
run_late() { certpush check-remote -f 2 --wait 1s --file list; }
ends 1 run_late
says '^    HTTPS: OK '
"$lab" exec panix rm /run/silent
wait $!
