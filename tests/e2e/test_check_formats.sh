#!/bin/bash
# What check and check-remote tell monitors: thresholds by the lifetime; --format nagios, as Nagios itself and
# Monitoring::Plugin take it; --format prometheus, as promtool takes it.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
unpacked=/var/cache/certpush-lab/unpacked
nagios=$unpacked/nagios4-core/usr/sbin/nagios4
promtool=$unpacked/prometheus/usr/bin/promtool
[[ -x $nagios && -x $promtool ]] || fail 'run tests/packages.sh lab first'
own_control
mint_all
quiet certpush push

# ---- thresholds ----

ends 0 certpush check
silent
# lifetime LEFT LIFETIME STATUS [LEVEL]: check of a certificate with so many days left of its lifetime
lifetime() {
	mint www.example.net from=$(($1 - $2)) to="$1"
	ends "$3" certpush check --format json www.example.net
	jq -se --arg level "${4-}" 'if $level == "" then map(select(.event == "expiry")) == [] else .[0].level == $level end' "$dir/out" >/dev/null ||
		fail "$1 of $2 days left: not '${4-ok}'"
}
lifetime 21 90 0
lifetime 19 90 1 warning
lifetime 6 90 1 critical
lifetime 12 45 0
lifetime 11 45 1 warning
lifetime 4 45 1 critical
lifetime 2 6 0
lifetime 1 6 1 warning
ends 0 certpush check --warn 10% www.example.net
ends 1 certpush check --warn 50%,2d --crit 30%,36h --format json www.example.net
jq -e '.level == "critical"' "$dir/out" >/dev/null || fail '--crit'

# What is served and ends soon is right, and yet not well.
mint www.example.net from=-71 to=19
quiet certpush push --force
until=$(openssl x509 -noout -enddate <"$dir/store/www.example.net/fullchain.pem" | cut -d= -f2)
ends 1 certpush check-remote https panix
says "^    HTTPS: WARNING notAfter=$until \(expires in 18 days\)$"
ends 1 certpush check-remote -q
(($(cat "$dir/out" "$dir/err" | grep -c 'HTTPS: WARNING') == 2)) || fail "not the two: $(cat "$dir/err")"
ends 1 certpush check-remote --crit 19d https panix
says '^    HTTPS: CRITICAL '
ends 0 certpush check-remote --warn 10% https panix
says "^    HTTPS: OK notAfter=$until$"

# ---- Nagios ----

# as_nagios STATUS ARG...: with that status, the line on stdout, and nothing on stderr
as_nagios() {
	ends "$1" certpush --format nagios "${@:2}"
	[[ ! -s $dir/err ]] || fail "errors: $(cat "$dir/err")"
	[[ $(head -n 1 "$dir/out") == "CERTPUSH $(cut -d' ' -f"$((1 + $1))" <<<'OK WARNING CRITICAL UNKNOWN') - "* ]] || fail "first line: $(head -n 1 "$dir/out")"
}
as_nagios 1 check-remote
# two services, each with an address, or two where there is IPv6
says '^CERTPUSH WARNING - panix HTTPS: WARNING .* \(and [13] more of [0-9]+\) \| .*'"'ovh/nginx/HTTPS(/10\.53\.0\.13:443)? days'=18\.9[0-9];20:;7:"
says '^\[OK\] linode SMTP: OK '
as_nagios 1 check
as_nagios 0 check imap.example.net
as_nagios 2 check-remote https panix.example.net:444
says 'UNREACHABLE'
as_nagios 3 check-remote --unreachable unknown https panix.example.net:444
mint imap.example.net
as_nagios 2 check-remote
says '^CERTPUSH CRITICAL - ovh IMAP: OLDER '
cp "$dir/out" "$dir/older"

# Its labels and ranges, by the library that plugins are written with: what is an alert by the ranges is one by the lines.
head -n 1 "$dir/older" | cut -d'|' -f2- | perl -MMonitoring::Plugin::Performance -e '
	my @all = Monitoring::Plugin::Performance->parse_perfstring(scalar <STDIN>);
	my %seen; my @status = (0, 0, 0);
	for (@all) { $seen{$_->label}++ and die "twice: ", $_->label; $status[$_->threshold->get_status($_->value)]++; }
	print "@status\n"' >"$dir/status" || fail 'no performance data'
n=$(grep -c '^\[' "$dir/older") soon=$(grep -c '^\[WARNING\]' "$dir/older")
[[ $(cat "$dir/status") == "$((n - soon)) $soon 0" && $soon == [24] ]] || fail "performance data of $n, $soon: $(cat "$dir/status")"

# A Nagios of our own, whose checks are these.
mkdir -p "$dir/nagios/spool"
cat >"$dir/nagios/plugin" <<END
#!/bin/sh
cd "$dir/control" && LAB=$LAB exec "$lab" run "$CERTPUSH" --format nagios "\$@"
END
chmod +x "$dir/nagios/plugin"
cat >"$dir/nagios/nagios.cfg" <<END
cfg_file=$dir/nagios/objects.cfg
log_file=$dir/nagios/log
lock_file=$dir/nagios/lock
temp_file=$dir/nagios/temp
temp_path=$dir/nagios
object_cache_file=$dir/nagios/objects
precached_object_file=$dir/nagios/precached
status_file=$dir/nagios/status
status_update_interval=1
check_result_path=$dir/nagios/spool
command_file=$dir/nagios/command
query_socket=$dir/nagios/query
nagios_user=root
nagios_group=root
retain_state_information=0
service_inter_check_delay_method=n
service_check_timeout=300
illegal_macro_output_chars=\`~\$&|'"<>
check_for_updates=0
END
service() { # NAME ARG...
	cat <<-END
		define service {
		  host_name here
		  service_description $1
		  check_command certpush!${*:2}
		  check_interval 1000
		  max_check_attempts 1
		  check_period always
		  contacts nobody
		}
	END
}
{
	cat <<-END
		define command {
		  command_name certpush
		  command_line $dir/nagios/plugin \$ARG1\$
		}
		define timeperiod {
		  timeperiod_name always
		  alias always
		$(printf '  %sday 00:00-24:00\n' mon tues wednes thurs fri satur sun)
		}
		define contact {
		  contact_name nobody
		  host_notifications_enabled 0
		  service_notifications_enabled 0
		  host_notification_period always
		  service_notification_period always
		  host_notification_commands certpush
		  service_notification_commands certpush
		}
		define host {
		  host_name here
		  address 127.0.0.1
		  max_check_attempts 1
		  check_period always
		  contacts nobody
		}
	END
	service stored check
	service well check linode.example.net
	service served check-remote
	service nowhere check -c nowhere.yml
	service typo check --wran 20d
} >"$dir/nagios/objects.cfg"
"$nagios" "$dir/nagios/nagios.cfg" >"$dir/nagios/out" 2>&1 &
nagios_pid=$!
put_back() { kill "$nagios_pid" && wait "$nagios_pid"; }
seen() { awk -v RS= -v name="$1" '$0 ~ "\tservice_description=" name "\n"' "$dir/nagios/status" | sed -n "s/^\t$2=//p"; }
all_checked() { [[ -e $dir/nagios/status ]] && (($(grep -A 25 '^servicestatus' "$dir/nagios/status" | grep -c '	has_been_checked=1') == 5)); }
eventually all_checked || eventually all_checked || fail "Nagios: $(tail -n 3 "$dir/nagios/log")"
# in_nagios NAME STATE OUTPUT: as Nagios keeps it
in_nagios() {
	[[ $(seen "$1" current_state) == "$2" ]] || fail "$1: $(seen "$1" current_state), not $2: $(seen "$1" plugin_output)"
	grep -Eq -- "$3" <<<"$(seen "$1" plugin_output)" || fail "$1: $(seen "$1" plugin_output)"
}
in_nagios stored 1 '^CERTPUSH WARNING - \[www\.example\.net\] expires in 18 days \(.* GMT\)$'
in_nagios well 0 '^CERTPUSH OK - 1 checked, the first to end: \[linode\.example\.net\] expires in 89 days \(.* GMT\)$'
in_nagios served 2 '^CERTPUSH CRITICAL - ovh IMAP: OLDER .* \(serves the certificate of .*\) \(and [0-9]+ more of [0-9]+\)$'
in_nagios nowhere 3 '^CERTPUSH UNKNOWN - settings: nowhere\.yml: No such file'
in_nagios typo 3 '^CERTPUSH UNKNOWN - unknown option --wran: did you mean --warn\?$'
[[ $(seen stored performance_data) == "'linode.example.net days'="*" 'www.example.net days'=18."*";20:;7: "* ]] || fail "stored: $(seen stored performance_data)"
[[ $(seen served long_plugin_output) == '[CRITICAL] ovh IMAP: OLDER '*'\n[WARNING] panix HTTPS: '*'\n[OK] linode '* ]] || fail "served: $(seen served long_plugin_output)"
put_back || :
put_back() { :; }

# ---- Prometheus ----

# metrics STATUS ARG...: with that status, fit for promtool
metrics() {
	ends "$1" certpush --format prometheus "${@:2}"
	"$promtool" check metrics <"$dir/out" >"$dir/promtool" 2>&1 || fail "$*: $(cat "$dir/promtool")"
	[[ ! -s $dir/promtool ]] || fail "$*: $(cat "$dir/promtool")"
}
# has NAME LABEL VALUE: one sample at least of the family, with that label and value
has() { grep -Eq -- "^$1\{.*$2.*\} $3$" "$dir/out" || fail "no $1 of $2 is $3"; }
epoch() { date -d "$(openssl x509 -noout -enddate <"$dir/store/$1/fullchain.pem" | cut -d= -f2)" +%s; }
metrics 1 check-remote
has certpush_probe_success 'host="linode",service="postfix",protocol="smtp",address="10\.53\.0\.11:25",name="linode\.example\.net",key=""' 1
has certpush_probe_success 'host="ovh",service="dovecot",protocol="imap"' 0
has certpush_cert_not_after_timestamp_seconds 'host="panix",service="apache",protocol="https"' "$(epoch www.example.net)"
has certpush_last_run_timestamp_seconds 'verb="check-remote"' '[0-9]+'
! grep -Eq '^(probe|ssl)_' "$dir/out" || fail 'aliases without being asked for'
metrics 1 check-remote --metric-aliases
has probe_success 'instance="linode\.example\.net:25"' 1
has probe_ssl_earliest_cert_expiry 'instance="www\.example\.net:443"' "$(epoch www.example.net)"
serial=$(openssl x509 -noout -serial <"$dir/store/www.example.net/fullchain.pem" | cut -d= -f2)
has ssl_cert_not_after "instance=\"www\.example\.net:443\",cn=\"www\.example\.net\",issuer_cn=\"Test root\",serial_no=\"$(python3 -c "print(int('$serial', 16))")\"" "$(epoch www.example.net)"
has ssl_probe_success 'instance="imap\.example\.net:143"' 0
metrics 1 check-remote https panix.example.net:444
has certpush_probe_success 'host="panix\.example\.net:444",service="",protocol="https"' 0
metrics 1 check
has certpush_store_cert_usable 'certificate="www\.example\.net"' 1
has certpush_store_cert_not_after_timestamp_seconds 'certificate="www\.example\.net"' "$(epoch www.example.net)"
mv "$dir/store/www.example.net" "$dir/www"
metrics 1 check
has certpush_store_cert_usable 'certificate="www\.example\.net"' 0
complains '^fatal: \[www\.example\.net\] FAILED! not in the store$'
mv "$dir/www" "$dir/store/www.example.net"

# The collector's directory: whole files only, that its user can read.
mkdir -p "$dir/textfile"
ends 1 certpush check-remote --format prometheus --out "$dir/textfile/certpush.prom"
silent
[[ $(stat -c %a "$dir/textfile/certpush.prom") == 644 ]] || fail 'nobody else can read it'
"$promtool" check metrics <"$dir/textfile/certpush.prom" || fail 'promtool'
[[ $(ls -A "$dir/textfile") == certpush.prom ]] || fail 'something is left'
before=$(stat -c '%i %Y' "$dir/textfile/certpush.prom")
ends 2 certpush check-remote -c nowhere.yml --format prometheus --out "$dir/textfile/certpush.prom"
complains '^certpush: settings: nowhere\.yml'
[[ $(stat -c '%i %Y' "$dir/textfile/certpush.prom") == "$before" ]] || fail 'written, though nothing was found out'
