# shellcheck shell=bash disable=SC2034 # used by the tests
# faults_lib - for tests in which something goes wrong at a certain step of a push: rows of what, where, and what is to be held, served
# and told then; after each the next push mends it, and leaves nothing behind.
# shellcheck source=push_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/push_lib.sh"

# A row: STEP | WHAT | exit status | held | served | what the host's variables say besides of the service | the line that tells [| another]
# WHAT: as `lab break HOST step` has it (- with a command of the playbook's alone); certpush: it is killed while the step waits.
# Where a host has several services, it happens to the first of them that comes to the step.

on() { "$lab" exec "$@"; }

# note_old HOST: what it holds now is the old one.
declare -A old
note_old() {
	local service directory certificate ports
	old=()
	while read -r service directory certificate ports <&3; do old[$certificate]=$(pair "$1" "$directory"); done 3< <(services "$1")
}

# state CERTIFICATE FINGERPRINT: is it the old or the new one?
state() {
	case $2 in
	"$(stored "$1")") echo new ;;
	"${old[$1]}") echo old ;;
	*) echo "$2" ;;
	esac
}

# held and served by a host: "old", "new", "mixed" (one's key with the other's certificate), or several of them
held_there() {
	local service directory certificate ports
	while read -r service directory certificate ports <&3; do
		state "$certificate" "$(pair "$1" "$directory")"
	done 3< <(services "$1") | sort -u | paste -sd' '
}
served_there() {
	local service directory certificate ports port
	faces "$1" >"$dir/faces"
	while read -r service directory certificate ports; do
		for port in $ports; do state "$certificate" "$(sed -n "s/^${port%/*} //p" "$dir/faces")"; done
	done < <(services "$1") | sort -u | paste -sd' '
}

# What was begun there goes on without us: until its lock is gone, or nobody has it any more.
settled() {
	# shellcheck disable=SC2016 # expanded there
	on "$1" sh -c 'for home in /root /home/deploy; do
		while pid=$(cat $home/.certpush-lock/pid 2>/dev/null) && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	done'
}

# held_up: until the push in the background has come to where it waits there, or has told PATTERN
held_up() { until on "$1" test -e /run/lab/step/here; do kill -0 "$pid" || fail "$row: it ended before"; done; }
told() { until grep -q "$1" "$dir/err"; do kill -0 "$pid" || fail "$row: it ended before"; sleep 0.02; done; }
killed() {
	kill -9 "$pid"
	status=0
	wait "$pid" || status=$?
	on "$1" rm -f /run/lab/step/here
}

# What RELOAD, STOP and START are of a service.
commands_of() {
	case $1 in
	apache) echo 'apachectl graceful|service apache2 stop|service apache2 start' ;;
	nginx) echo 'nginx -s reload|service nginx stop|service nginx start' ;;
	dovecot) echo 'doveadm reload|service dovecot stop|service dovecot start' ;;
	esac
}

# say HOST SERVICE "KEY: VALUE, KEY: VALUE"
say() {
	local reload stop start
	[[ $3 ]] || return 0
	IFS='|' read -r reload stop start <<<"$(commands_of "$2")"
	printf 'certpush:\n  %s:\n    %s\n' "$2" "$3" |
		sed "s/, /\n    /g; s/RELOAD/$reload/g; s/STOP/$stop/g; s/START/$start/g" | host_vars "$1"
}

# sessions HOST: the processes of those who are logged in
cut_off() {
	# shellcheck disable=SC2016 # expanded there
	on "$1" sh -c 'for process in /proc/[0-9]*; do
		case $(tr "\0" " " <"$process/cmdline" 2>/dev/null) in
		"sshd: root"* | "sshd: deploy"*) kill -9 "${process#/proc/}" ;;
		esac
	done'
}

# one HOST STEP WHAT STATUS
one() {
	case $2 in
	- | proving) ;;
	lock)
		"$lab" break "$1" step lock -
		on "$1" sh -c 'mkdir -m 0700 /root/.certpush-lock; echo 1 >/root/.certpush-lock/pid'
		;;
	*) "$lab" break "$1" step "$2" "${3/certpush/hold}" ;;
	esac
	case $2:$3 in
	proving:*)
		start push -vv -l "$1"
		told proving
		if [[ $3 == cut ]]; then
			cut_off "$1"
			status=0
			wait "$pid" || status=$?
		else
			killed "$1"
		fi
		;;
	*:certpush)
		start push -l "$1"
		held_up "$1"
		killed "$1"
		;;
	*) certpush push -l "$1" ;;
	esac
	((status == $4)) || fail "$row: exit status $status"
	[[ $2 == lock ]] || settled "$1"
}

# mended HOST STEP OWED: by the next push, whatever it was; it makes up for the reload, if nobody has proved what is there
mended() {
	"$lab" mend "$1"
	[[ $2 != lock ]] || on "$1" rm -r /root/.certpush-lock
	on "$1" rm -f /run/hung
	host_vars "$1" </dev/null
	ends 0 certpush push -v -l "$1"
	[[ ! $3 ]] || says "^reloaded: \[$1\] .*owed by an earlier push"
	up_to_date "$1"
	nothing_left "$1"
	ends 0 certpush push -l "$1"
	says '^nothing to do: '
}

# Does a row leave what the next run has to prove?
leaves_owed() {
	case $step:$held:$line in
	commit:* | restore:*) false ;;
	*:*new*: | *:*new*:*'while the '*) true ;;
	*) false ;;
	esac
}

try() {
	local host=$1 service=$2 step=$3 what=$4 want=$5 held=$6 served=$7 vars=$8 line=$9 another=${10} owed='' name
	row="$host: $what at $step${vars:+ ($service: $vars)}"
	note_old "$host"
	for name in "${!old[@]}"; do mint "$name"; done
	say "$host" "$service" "$vars"
	one "$host" "$step" "$what" "$want"
	[[ $(held_there "$host") == "$held" ]] || fail "$row: it holds $(held_there "$host"), not $held"
	[[ $(served_there "$host") == "$served" ]] || fail "$row: it serves $(served_there "$host"), not $served"
	cat "$dir/out" "$dir/err" >"$dir/said"
	for name in "$line" "$another"; do
		[[ ! $name ]] || grep -Eq -- "${name//HOST/$host}" "$dir/said" || fail "$row: no line matches ${name//HOST/$host}"
	done
	(($(grep -c '^fatal: ' "$dir/said") == $(grep -c '^\^fatal' <<<"$line"$'\n'"$another"))) || fail "$row: not told once"
	((want == 0)) || ! leaves_owed || owed=yes
	mended "$host" "$step" "$owed"
}

trimmed() { sed 's/^ *//; s/ *$//' <<<"$1"; }
# try_rows HOST SERVICE: each of the lines on standard input is tried.
try_rows() {
	local step what want held served vars line another name
	while IFS='|' read -r step what want held served vars line another <&4; do
		[[ $step ]] || continue
		for name in step what want held served vars line another; do printf -v "$name" %s "$(trimmed "${!name}")"; done
		try "$1" "$2" "$step" "$what" "$want" "$held" "$served" "$vars" "$line" "$another"
	done 4<&0
}
