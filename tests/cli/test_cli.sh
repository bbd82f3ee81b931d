#!/bin/bash
# test_cli.sh CERTPUSH - what the command line says and returns: every mistake is one clear line on stderr,
# exit status 2, and nothing on stdout. Needs openssl, python3 and ssh-keygen; no network, no root.
# shellcheck disable=SC2015,SC2016 # "a && b || wrong" is meant so, and so is a $ in a message
set -u

certpush=$(realpath "$1")
dir=$(mktemp -d /tmp/certpush-cli-XXXXXX)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 2
# nothing of whoever runs this
unset DAYS CERTPUSH_CONFIG
export HOME=$dir XDG_CONFIG_HOME=$dir/xdg LC_ALL=C NO_COLOR=1

failures=0
wrong() {
	printf 'FAILED %s\n   %s\n' "$*" "status $status" >&2
	sed 's/^/   stdout: /' out | head -n 5 >&2
	sed 's/^/   stderr: /' err | head -n 5 >&2
	failures=$((failures + 1))
}

run() {
	what="certpush $*"
	"$certpush" "$@" >out 2>err </dev/null
	status=$?
}

# says TEXT WORD...: one line on stderr that begins "certpush: ", holds TEXT; status 2; nothing on stdout
says() {
	local text=$1
	shift
	# under AddressSanitizer the search for leaks takes longer than all the rest
	ASAN_OPTIONS=detect_leaks=0 run "$@"
	[ $status = 2 ] || wrong "$what: not 2"
	[ ! -s out ] || wrong "$what: something on stdout"
	local lines
	mapfile -t lines <err
	[ ${#lines[@]} = 1 ] || wrong "$what: not one line"
	[[ ${lines[0]} == 'certpush: '* ]] || wrong "$what: doesn't begin with certpush:"
	[[ ${lines[0]} == *"$text"* ]] || wrong "$what: doesn't say '$text'"
}

# is STATUS WORD...: that status, nothing on stderr
is() {
	local wanted=$1
	shift
	run "$@"
	[ $status = "$wanted" ] || wrong "$what: not $wanted"
	[ ! -s err ] || wrong "$what: something on stderr"
}

prints() { [[ $(<out) == *"$1"* ]] || wrong "$what: doesn't print '$1'"; }
silent() { [ ! -s out ] || wrong "$what: isn't silent"; }

# ---- a store, settings and an inventory that are fine ----

openssl ecparam -name prime256v1 -genkey -noout -out key.pem 2>/dev/null
certificate() { # NAME DAYS
	mkdir -p "certs/$1"
	cp key.pem "certs/$1/privkey.pem"
	chmod 600 "certs/$1/privkey.pem"
	openssl req -x509 -key key.pem -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -days "$2" \
		-out "certs/$1/fullchain.pem" 2>/dev/null
	cp "certs/$1/fullchain.pem" "certs/$1/cert.pem"
	: >"certs/$1/chain.pem"
}
certificate www.example.net 90
certificate mail.example.net 60
chmod 700 certs

settings() { cat >certpush.yml; }
good() {
	settings <<-'END'
		store: certs
		inventory: hosts.yml
		certificates:
		  www.example.net: {names: [www.example.net]}
		  mail.example.net: {names: [mail.example.net]}
	END
	cat >hosts.yml <<-'END'
		all:
		  children:
		    web:
		      hosts:
		        linode:
		          ansible_host: 127.0.0.1
		          certpush: {nginx: {certificate: www.example.net}}
		    mail:
		      hosts:
		        panix: {certpush: {postfix: {certificate: mail.example.net}}}
	END
}

# ---- before there are any settings ----

run
[ $status = 2 ] || wrong 'no words: not 2'
cat out err | grep -q 'usage: certpush' || wrong 'no words: no usage'
is 0 --help
prints 'usage: certpush'
is 0 --version
prints 'certpush '
prints 'DNSSEC: '
for verb in renew plan push check check-remote inventory replace hosts; do
	is 0 "$verb" --help
	prints "usage: certpush $verb"
	cp out help
	is 0 help "$verb"
	cmp -s out help || wrong "help $verb isn't $verb --help"
done
awk 'length > 100 { exit 1 }' help || wrong 'help: lines of over 100 columns'

says "did you mean check?" chek
says "unknown verb 'frobnicate'" frobnicate
says "unknown verb" ''
says "did you mean --limit?" push --lmit linode
says "unknown option --frobnicate" push --frobnicate
says "unknown option -x" push -x
says "--config wants a value" check --config
says "--forks wants a value" push -f
says "not a number: 'x'" push -f x
says "not a number: ''" push --forks=
says "not a number: '1x'" push -f1x
says "not a number: '99999999999999999999'" push -f 99999999999999999999
says "not a number: '-1'" check --days -1
says "at least 1" push -f 0
says "--push takes no value" renew --push=yes
says "text, json, nagios or prometheus, not 'xml'" --format xml check
says "push doesn't take --format prometheus: text or json" --format prometheus push
says "--out wants --format prometheus" check --out certpush.prom
says "--metric-aliases wants --format prometheus" check-remote --metric-aliases
says "check doesn't take --metric-aliases" check --metric-aliases
says "check doesn't take --unreachable" check --unreachable unknown
says "critical or unknown, not 'warning'" check-remote --unreachable warning
says "--warn: a share of the lifetime, days, or both, as 25%,20d, not '20'" check --warn 20
says "--crit: a share of the lifetime, days, or both, as 25%,20d, not '1/4'" check-remote --crit=1/4
says "auto, always or never" --color maybe check
says "check doesn't take --limit" check -l linode
says "check doesn't take --dry-run" check -n
says "push doesn't take --days" push --days 3
says "replace doesn't take --limit" replace -l linode www.example.net
says "no settings" check
says "nowhere.yml" -c nowhere.yml check
says "did you mean 'smtp'?" check-remote smpt
says "unknown protocol 'gopher'" check-remote gopher localhost
says "did you mean 'xmpp-client'?" check-remote xmpp-clent localhost
says "tls has no port of its own: tls localhost:PORT" check-remote tls localhost
says "'mail:!ovh' is a pattern of hosts, and there is no inventory" check-remote smtp 'mail:!ovh'
says "no host in ':25'" check-remote smtp :25
says "not a port: ':0'" check-remote smtp 127.0.0.1 localhost:0
says "--file lists all that is asked: no words go with it" check-remote --file list smtp
says "--all-names doesn't go with --name" check-remote --all-names --name x smtp
says "--all-names doesn't go with --no-sni" check-remote --no-sni --all-names
says "--ipv4 and --ipv6 leave no address" check-remote -46 smtp localhost
says "--ipv6 doesn't go with --tunnel" check-remote -6 --tunnel smtp localhost
says "--name: '*.example.net' has a '*'" check-remote --name '*.example.net' smtp localhost
says "--tunnel: 'localhost' isn't in the inventory" check-remote --tunnel smtp localhost
says "<stdin>:1:1: nothing to check" check-remote --file -
printf 'smtp localhost # comment\n\nnntp localhost:70000\n' >list
says "list:3:6: not a port: ':70000'" check-remote --file list
says "nowhere" check-remote --file nowhere
# one name, two meanings
says "not a time: 'soon' (15s, 2m, 1h)" check-remote --wait soon
says "not a time: 'soon'" --wait soon check-remote
says "--wait wants a value: TIME" check-remote --wait
says "--wait takes no value" push --wait=15s
says "no settings" --wait push
says "plan doesn't take --wait" plan --wait
says "push doesn't take --tunnel" push --tunnel
says "did you mean" help chek

# ---- settings that are wrong ----

printf 'stoer: certs\n' | settings
says "certpush.yml:1:1: settings: unknown key 'stoer': did you mean 'store'?" check
printf 'store: certs\nacme:\n  contcat: [x]\n' | settings
says "certpush.yml:3:3: " check
printf 'store: [certs]\n' | settings
says "certpush.yml:1:8: " check
printf 'store: certs\ncertificates: www\n' | settings
says "certpush.yml:2:15: " check
printf 'store: certs\nacme:\n\tca: letsencrypt\n' | settings
says "certpush.yml:3:1: a tab" check
printf 'store: certs\nstore: more\n' | settings
says "certpush.yml:2:1: " check
printf 'store: "certs\n' | settings
says "certpush.yml:" check
printf 'store: certs\0\n' | settings
says "certpush.yml" check
printf -- '- store\n' | settings
says "certpush.yml:1:1: " check
: | settings
says "certpush.yml:1:1: the file is empty" check
printf 'store: certs\ncertificates:\n  ../../etc: {names: [a.example.net]}\n' | settings
says "certpush.yml:3:3: " check
head -c 10485760 /dev/zero | tr '\0' 'x' | settings
says "certpush.yml" check
{
	printf 'a: &a [x,x,x,x,x,x,x,x,x]\n'
	for c in b c d e f g h i; do
		p=$(printf '%s' "$c" | tr b-i a-h)
		printf '%s: &%s [*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s]\n' "$c" "$c" "$p" "$p" "$p" "$p" "$p" "$p" "$p" "$p" "$p"
	done
} | settings
run check
[ $status = 2 ] || wrong 'a bomb of aliases: not 2'
rm certpush.yml
mkdir certpush.yml
says "certpush.yml" check
rmdir certpush.yml

# several mistakes are told in one go, each with its place
printf 'stoer: certs\ninventroy: x\n' | settings
run check
[ $status = 2 ] && [ "$(grep -c '^certpush: certpush.yml:[12]:1: ' err)" = 2 ] || wrong 'two mistakes aren'\''t two lines'

# ---- an inventory that is wrong ----

good
sed -i 's/certificate: www/certificate: wwww/' hosts.yml
says "hosts.yml:7:43: certificate 'wwww.example.net' is neither in certpush.yml nor in the store: did you mean 'www.example.net'?" push
good
sed -i 's/nginx:/ngnix:/' hosts.yml
says "hosts.yml:7:" push
good
cat >>hosts.yml <<-'END'
	    a: {children: {b: {}}}
	    b: {children: {a: {}}}
END
says "hosts.yml:" inventory --list
good
sed -i 's/ansible_host: 127.0.0.1/certpush_window: [daily 1:00-2:00, "Mon 25:00-26:00"]/' hosts.yml
says "hosts.yml:6:46: certpush_window: 'Mon 25:00-26:00': expected an hour, 0 to 23, at character 5" push -n
good
rm hosts.yml
says "hosts.yml" inventory --list
: >hosts.yml
says "hosts.yml" push
good
says "linnode" push -n -l linnode
says "'ngnix' is neither a service nor a playbook" push ngnix
says "no plan, or one that was cut" push certpush.yml
says "certpush.yml: a plan says itself which hosts" push certpush.yml nginx
says "certpush.yml: a plan says itself which hosts" push -l linode certpush.yml
says "certpush.yml: a plan says itself which hosts" push --start-at linode certpush.yml
says "'certs' is neither a service nor a playbook" push certs
echo '{"certpush_plan": 7}' >seven.json
says "seven.json: a plan of format 7" push seven.json
echo '{"certpush_plan": 1, "store": "0123456789abcdef", "hosts": []}' >other.json
says "other.json: a plan for another store" push -n other.json
says "--out: nginx is the name of a service" plan --out nginx
says "'linod' is none of the hosts: did you mean linode?" plan --start-at linod
says "'panix' is none of the hosts" push -l linode --start-at panix
says "push doesn't take --out" push --out x
says "check doesn't take --diff" check --diff
says "no certificate 'www.exmaple.net' in certpush.yml: did you mean www.example.net?" check www.exmaple.net
says "no certificate" renew -n nothing.at.all
says "replace: which certificates?" replace
says "unknown reason 'stolen': give one of unspecified, keyCompromise" replace --reason stolen www.example.net
says "no certificate 'www.exmaple.net' in certpush.yml: did you mean www.example.net?" replace www.exmaple.net
says "inventory wants --list" inventory

# a service whose TLSA records are to be published, and nobody who can
managed() { # CHECKS DNS
	good
	printf '%s\n' "$2" >>certpush.yml
	sed -i "s/{postfix: .*}}/{postfix: {certificate: mail.example.net, tlsa: manage, checks: $1}}}/" hosts.yml
}
managed '[{protocol: smtp}]' ''
says 'hosts.yml:10:28: postfix: tlsa: manage: no dns entry in certpush.yml is for mail.example.net' plan
managed '[{protocol: smtp}]' 'dns: [{provider: hook, hook: /bin/true}]'
says "tlsa: manage: the provider 'hook' of mail.example.net knows TXT records only: rfc2136 could, or say" plan
managed '[{protocol: smtp, name: mx.example.org}]' 'dns: [{zones: [example.net], provider: rfc2136, server: 127.0.0.1}]'
says 'no dns entry in certpush.yml is for mx.example.org' plan
managed '[{protocol: smtp}]' ''
sed -i 's/names: \[mail.example.net\]/names: [mail.example.net, mx.example.net]/' certpush.yml
says 'postfix: tlsa: give its smtp check a `name`: the certificate has several' plan
managed '[]' ''
says 'postfix: tlsa: it has no checks' plan
managed '[{protocol: smtp}]' 'dns: [{zones: [mail.example.net], provider: rfc2136, server: 127.0.0.1}]'
sed -i 's/certificate: mail.example.net, tlsa/certificate: [mail.example.net, www.example.net], tlsa/' hosts.yml
says 'postfix: tlsa: manage: no dns entry in certpush.yml is for www.example.net' plan
good
says "nobody" inventory --host nobody
says "hosts: trust is all there is to do" hosts
says "hosts: trust is all there is to do" hosts list
says "no host 'lindoe' in the inventory: did you mean linode?" hosts trust lindoe
says "--fingerprint: expected SHA256:" hosts trust --fingerprint SHA256:abc
says "none of these hosts is reached by ssh" hosts trust -l panix linode
says "push doesn't take --replace" push --replace

# ---- what is fine ----

is 0 inventory --list
python3 -c 'import json, sys; d = json.load(open("out")); sys.exit("linode" not in d["web"]["hosts"])' ||
	wrong 'inventory --list: not the JSON of ansible-inventory'
is 0 inventory --host linode
python3 -c 'import json, sys; sys.exit(json.load(open("out"))["ansible_host"] != "127.0.0.1")' ||
	wrong 'inventory --host: not JSON'
is 0 inventory --graph
prints '@all:'
prints '--linode'

is 0 check
silent
is 0 check --days 59
silent
is 0 -q check mail.example.net
silent
run check --days 70
[ $status = 1 ] || wrong 'check --days 70: not 1'
cat out err | grep -q mail.example.net || wrong 'check --days 70: says nothing of mail'
cat out err | grep -q www.example.net && wrong 'check --days 70: complains of www'
DAYS=70 run check
[ $status = 1 ] || wrong 'DAYS=70: not 1'
DAYS=70 run check --days 59
[ $status = 0 ] || wrong '--days comes before $DAYS: not 0'
DAYS=x says "\$DAYS: not a number of days: 'x'" check
DAYS='' is 0 check
run --format json check --days 70
[ $status = 1 ] && [ -s out ] && [ ! -s err ] || wrong 'check as JSON'
python3 -c 'import json
for line in open("out"): json.loads(line)' || wrong 'check: each line should be JSON'
run --format json check www.exmaple.net
[ $status = 2 ] && python3 -c 'import json
for line in open("out"): json.loads(line)' || wrong 'an error as JSON'

is 0 check --warn 59d
silent
is 0 check --warn 100%,59d --crit 50%,30d
silent
run check --warn 70d
[ $status = 1 ] && grep -q '^expiry: \[mail\.example\.net\]' out || wrong 'check --warn 70d'
run check --warn 99% --crit 98%
[ $status = 0 ] || wrong 'check --warn 99%: they are new'
says '--days 20 is --warn 20d: give only one' check --days 20 --warn 30d
DAYS=70 is 0 check --warn 59d
run -v check mail.example.net
prints 'current: [mail.example.net] expires in 59 days'
run --format json check --warn 100% --crit 99d mail.example.net
grep -q '"event":"expiry".*"level":"critical"' out || wrong 'the level in JSON'

# ---- for monitors: one line on stdout and nothing else, whatever is wrong ----

nagios() { # STATUS FIRST-LINE WORD...
	is "$1" "${@:3}"
	[[ $(head -n 1 out) == "$2"* ]] || wrong "$what: doesn't begin with '$2'"
}
nagios 0 'CERTPUSH OK - 2 checked, the first to end: [mail.example.net] expires in 59 days (' --format nagios check
nagios 1 'CERTPUSH WARNING - [mail.example.net] expires in 59 days (' check --days 70 --format nagios
nagios 2 'CERTPUSH CRITICAL - [mail.example.net] expires in 59 days (' check --warn 80d --crit 70d --format nagios mail.example.net
nagios 2 'CERTPUSH CRITICAL - [mail.example.net] expires in 59 days (' --format=nagios check --crit 70d
nagios 3 "CERTPUSH UNKNOWN - no certificate 'www.exmaple.net' in certpush.yml: did you mean www.example.net?" check www.exmaple.net --format nagios
nagios 3 'CERTPUSH UNKNOWN - unknown option --wran: did you mean --warn?' check --wran 20d --format nagios
nagios 3 "CERTPUSH UNKNOWN - --warn: a share of" --format nagios check --warn x --crit y
nagios 3 "CERTPUSH UNKNOWN - push doesn't take --format nagios: text or json" --format nagios push
nagios 3 "CERTPUSH UNKNOWN - unknown verb 'chekc': did you mean check?" --format nagios chekc
nagios 3 'CERTPUSH UNKNOWN - ' --format nagios -c nowhere.yml check
nagios 0 'certpush check - ' --format nagios check --help
nagios 0 'certpush ' --format nagios --version
is 0 --format prometheus check
grep -qxE 'certpush_store_cert_not_after_timestamp_seconds\{certificate="mail.example.net"\} [0-9]{10}' out || wrong "$what: no such metric"
cp out metrics
is 0 --format prometheus check --out certpush.prom
silent
cmp -s <(grep -v last_run metrics) <(grep -v last_run certpush.prom) || wrong "$what: not the same metrics"
run --format prometheus check --out nowhere/certpush.prom
[ $status = 1 ] && [ ! -s out ] && grep -q '^certpush: nowhere/certpush.prom: ' err || wrong 'a file that cannot be written'
says 'nowhere.yml' --format prometheus -c nowhere.yml check
cp certpush.prom before
echo 'trust: nowhere.pem' >>certpush.yml
run --format prometheus check-remote --out certpush.prom
[ $status = 1 ] && cmp -s before certpush.prom || wrong 'a run that found out nothing'
good
run --format nagios
[ $status = 3 ] || wrong 'nagios, and no verb: not unknown'

# ---- hosts that are given: at port 1 nobody listens ----

# asks N WORD...: each of N checks is told once, and none is well
asks() {
	local n=$1
	shift
	run --format json check-remote "$@"
	[ $status = 1 ] || wrong "$what: not 1"
	[ "$(grep -c '"event":"probe".*"verdict":"unreachable"' out)" = "$n" ] || wrong "$what: not $n checks"
}
good
says "no host or group matches 'nohost'" check-remote https 'web:!nohost'
says "--tunnel: 'nowhere.invalid' isn't in the inventory" check-remote --tunnel https nowhere.invalid
says "--limit: 'nowhere.invalid' isn't in the inventory" check-remote -l web https nowhere.invalid
says "no service has such a check" check-remote -l mail https linode
printf 'https 127.0.0.1:1\nhttps web:!nohost\n' >list
says "list:2:7: no host or group matches 'nohost'" check-remote --file list
asks 2 https 127.0.0.1:1 '[127.0.0.1]:1' 127.0.0.1:1
asks 1 https linode:1
printf 'https 127.0.0.1:1\nhttps [::1]:1\nsmtp 127.0.0.1:1\nhttps 127.0.0.1:1 other.example.net\nhttps 127.0.0.1:1\n' >list
asks 4 --file list
"$certpush" --format json check-remote --file - <list >out 2>err
[ "$(grep -c verdict out)" = 4 ] || wrong "check-remote --file -: not what the list says"
asks 1 -4 https 127.0.0.1:1
run check-remote -6 https 127.0.0.1:1
grep -q '127.0.0.1: no IPv6 address' out || wrong "$what: has an address"
run check-remote https linode:1
[ "$(wc -l <out)" = 1 ] || wrong "$what: a heading over one host"
run check-remote https linode:1 127.0.0.1:1
[ "$(wc -l <out)" = 4 ] || wrong "$what: no heading over each host"
# without an inventory, as long as nobody names one
rm hosts.yml
sed -i '/^inventory:/d' certpush.yml
asks 1 https 127.0.0.1:1
says "inventory" check-remote
says "nowhere" check-remote -i nowhere https 127.0.0.1:1

# ---- a key with a passphrase: nobody is dialled before it is open, and at port 1 nobody listens ----

ssh-keygen -q -t ed25519 -a 1 -N 'open sesame' -f locked
locked() { # VARIABLES of the host
	cat >hosts.yml <<-END
		linode:
		  hosts:
		    linode:
		      {ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_private_key_file: locked, $*
		      certpush: {nginx: {certificate: www.example.net}}}
	END
}
fails() { # TEXT...: all of them on stderr
	run plan
	[ $status = 1 ] || wrong "$what: not 1"
	for text; do
		grep -qF -- "$text" err || wrong "$what: doesn't say '$text'"
	done
	! grep -q sesame out err || wrong "$what: shows the passphrase"
}
good
echo 'trust: certs/www.example.net/fullchain.pem' >>certpush.yml
locked
fails 'UNREACHABLE'
locked 'certpush_key_passphrase_file: pass,'
fails 'FAILED! locked: pass: No such file'
echo 'open sesame' >pass
fails 'FAILED! locked: pass: holds a secret that others can read'
chmod 600 pass
fails 'UNREACHABLE'
echo 'open' >pass
fails 'FAILED! wrong passphrase for locked (pass)'
locked 'certpush_key_passphrase_command: "echo open sesame",'
fails 'UNREACHABLE'
locked 'certpush_key_passphrase_command: "sh -c \"echo sealed >&2; exit 3\"",'
fails 'FAILED! locked: certpush_key_passphrase_command: sh: exit status 3: sealed'

# typed TEXT STATUS COUNT: at a terminal, once it is asked for; so many questions
typed() {
	what="at a terminal: $1"
	: >err
	python3 - "$certpush" "$@" >out <<-'END' || wrong "$what"
		import os, pty, sys
		certpush, text, status, count = sys.argv[1:]
		question = b"Enter passphrase for key 'locked': "
		pid, fd = pty.fork()
		if pid == 0:
		    os.execl(certpush, certpush, "plan")
		seen, answered = b"", 0
		while True:
		    try:
		        more = os.read(fd, 4096)
		    except OSError:
		        break
		    if not more:
		        break
		    seen += more
		    if seen.count(question) > answered:
		        answered += 1
		        os.write(fd, eval(f"b'{text}'"))
		ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		print(ended, answered, seen)
		sys.exit(ended != int(status) or answered != int(count) or b"sesame" in seen)
	END
}
locked
typed 'open sesame\n' 1 1
prints 'UNREACHABLE'
typed 'open\n' 1 3
prints 'wrong passphrase for locked, 3 times'
typed '\n' 1 1
prints 'UNREACHABLE'
typed 'open\x03' 130 1
prints 'interrupted'

rm -r certs/www.example.net
run check
[ $status = 1 ] || wrong 'a certificate that is missing: not 1'
printf 'rubbish' >certs/mail.example.net/fullchain.pem
run check mail.example.net
[ $status = 1 ] || wrong 'a damaged certificate: not 1'

# a full disk, a closed pipe: no success where the output is lost
if [ -w /dev/full ]; then
	"$certpush" inventory --list >/dev/full 2>err
	status=$?
	[ $status = 1 ] || wrong 'output to a full disk: not 1'
fi
"$certpush" inventory --list 2>err | :
[ "${PIPESTATUS[0]}" -le 2 ] || wrong 'a closed pipe: a signal'

if [ "$failures" -gt 0 ]; then
	echo "$failures failures" >&2
	exit 1
fi
