# shellcheck shell=bash
# process - who a process is, and waiting for things.

# "PID START-TIME" as the kernel tells it, of a pid or of "self": a number alone may be another process by now.
process_id() {
	local stat pid
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	pid=${stat%% *}
	# shellcheck disable=SC2086 # words: state is field 3 of proc_pid_stat(5), the start time field 22
	set -- ${stat##*) }
	[[ $1 != Z ]] && echo "$pid ${20}"
}

# Is the process whose identity the file holds still there? Prints its pid.
alive() {
	local pid start
	{ read -r pid start <"$1"; } 2>/dev/null || return 1
	[[ $(process_id "$pid") == "$pid $start" ]] && echo "$pid"
}

# Has a process with that pid ended?
is_gone() { [[ ! -e /proc/$1 ]]; }

# nap SECONDS: a sleep without a process.
nap() {
	[[ ${nap_fd-} ]] || exec {nap_fd}<> <(:)
	read -r -t "$1" -u "$nap_fd" || :
}

# until_true SECONDS COMMAND...: poll every 20 ms until it succeeds or the time is over.
until_true() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		nap 0.02
	done
}
