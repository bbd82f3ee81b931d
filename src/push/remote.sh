# shellcheck shell=sh
# remote.sh - what certpush does on a host, in POSIX sh. script.c puts the paths and commands of one host
# behind it, and a brace around the whole: half a script is a syntax error, and does nothing.
#
# Beside a file that is being replaced, while nothing has proved the new one yet:
#   .NAME.certpush-new   what will be renamed over it
#   .NAME.certpush-old   what a service was last proved with (a hard link), or
#   .NAME.certpush-none  that there was nothing
#
# Answers are lines: the nonce first, then what script.h says, then "end".

umask 077
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
# Go on when the connection is cut; not '', which the services would inherit.
trap : HUP INT TERM PIPE

made=
lock_dir=
reloading=false

say() { printf '%s\n' "$*"; }

hidden() { hidden=${1%/*}/.${1##*/}.certpush-; }

if command -v sha256sum >/dev/null 2>&1; then
	digest() { sha256sum <"$1"; }
elif command -v shasum >/dev/null 2>&1; then
	digest() { shasum -a 256 <"$1"; }
elif command -v sha256 >/dev/null 2>&1; then
	digest() { sha256 -q <"$1"; }
else
	digest() { openssl dgst -sha256 -r <"$1"; }
fi

# look INDEX PATH
look() {
	hidden "$2"
	owed=0
	if [ -e "${hidden}old" ] || [ -e "${hidden}none" ]; then owed=1; fi
	if [ -L "$2" ]; then
		say "file $1 link $owed"
	elif [ -f "$2" ]; then
		sum=$(digest "$2")
		say "file $1 regular $owed ${sum%% *}"
		say "names $(ls -ld -- "$2")"
		say "numbers $(ls -ldn -- "$2")"
	elif [ -e "$2" ]; then
		say "file $1 other $owed"
	else
		say "file $1 missing $owed"
	fi
}

# One push at a time on a host. lock DIRECTORY
lock() {
	place_directory "$1" || fail lock "$1: the directory can't be made"
	waited=0
	until mkdir "$1/.certpush-lock" 2>/dev/null; do
		[ -d "$1/.certpush-lock" ] || fail lock "$1: can't write there"
		other=$(cat "$1/.certpush-lock/pid" 2>/dev/null)
		if [ "$waited" -gt 60 ]; then
			fail lock "another push has been at work here for a minute (pid ${other:-unknown})"
		elif abandoned "$other"; then
			mv "$1/.certpush-lock" "$1/.certpush-lock.$$" 2>/dev/null && rm -rf "$1/.certpush-lock.$$"
			continue
		fi
		waited=$((waited + 1))
		sleep 1
	done
	lock_dir=$1/.certpush-lock
	echo $$ >"$lock_dir/pid" || fail lock "$1: can't write there (disk full?)"
}

# Its owner is gone, or never came to write its pid.
abandoned() {
	if [ -n "$1" ]; then ! kill -0 "$1" 2>/dev/null; else [ "$waited" -ge 10 ]; fi
}

unlock() {
	[ -z "$lock_dir" ] || rm -rf "$lock_dir"
	lock_dir=
}

# The end of a push that changed nothing, or that has been taken back. fail STEP TEXT
fail() {
	say "fail $1 - $2"
	finish 1
}

finish() {
	files discard
	unlock
	[ "$1" = 0 ] || unmake
	clear_staging
	say end
	exit 0
}

place_directory() {
	if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
	place_directory "${1%/*}" || return 1
	mkdir -m 0755 "$1" 2>/dev/null || return 1
	made="$1
$made"
}

unmake() {
	printf '%s' "$made" | while IFS= read -r directory; do rmdir "$directory" 2>/dev/null; done
}

# The steps take: SOURCE DIGEST OWNER GROUP MODE PATH. An empty SOURCE: the content stays.

stage() {
	hidden "$6"
	place_directory "${6%/*}" || fail stage "${6%/*}: the directory can't be made"
	rm -f "${hidden}new"
	why=$(cp "${1:-$6}" "${hidden}new" 2>&1) || fail stage "$6: $why"
	sum=$(digest "${hidden}new")
	[ "${sum%% *}" = "$2" ] || fail stage "$6: it didn't arrive whole"
	why=$({ [ -z "$3" ] || chown "$3" "${hidden}new"; } && { [ -z "$4" ] || chgrp "$4" "${hidden}new"; } &&
		chmod "$5" "${hidden}new" 2>&1) 2>&1 || fail stage "$6: owner $3, group $4 or mode $5 refused${why:+: $why}"
	sync "${hidden}new" 2>/dev/null || sync
}

keep() {
	hidden "$6"
	if [ -e "${hidden}old" ] || [ -e "${hidden}none" ]; then return; fi
	if [ -e "$6" ]; then
		ln "$6" "${hidden}old" 2>/dev/null || cp -p "$6" "${hidden}old" || fail keep "$6: the old file can't be kept"
	else
		: >"${hidden}none" || fail keep "$6: can't write there"
	fi
}

swap() {
	hidden "$6"
	mv -f "${hidden}new" "$6" || take_back swap - "$6: can't be replaced"
}

discard() {
	hidden "$6"
	rm -f "${hidden}new"
}

# restore PATH, forget PATH: back to what was last proved; or what is there now is proved.
restore() {
	hidden "$1"
	if [ -e "${hidden}old" ]; then
		mv -f "${hidden}old" "$1" || say "fail restore - $1"
	elif [ -e "${hidden}none" ]; then
		rm -f "$1" "${hidden}none" || say "fail restore - $1"
	fi
}

forget() {
	hidden "$1"
	rm -f "${hidden}old" "${hidden}none"
}

if timeout 5 true 2>/dev/null; then
	bounded() { timeout 120 "$@"; }
else
	bounded() { "$@"; }
fi

# Into a file: a daemon that a command leaves behind would keep a pipe open. run STEP INDEX COMMAND
run() {
	if bounded sh -c "$3" >"$lock_dir/log" 2>&1 </dev/null; then
		say "did $1 $2"
		return 0
	fi
	status=$?
	take_back "$1" "$2" "exit status $status: $(tail -n 3 "$lock_dir/log" | tr '\n\r\t' '   ')"
}

# take_back STEP INDEX TEXT: the push failed; what was last proved is put back, and taken up again.
take_back() {
	say "fail $1 $2 $3"
	targets restore
	if $reloading; then reloads again; fi
	say restored
	finish 1
}

again() {
	if bounded sh -c "$3" >"$lock_dir/log" 2>&1 </dev/null; then
		say "did again $2"
	else
		say "fail again $2 exit status $?: $(tail -n 3 "$lock_dir/log" | tr '\n\r\t' '   ')"
	fi
}

apply() {
	files stage
	files keep
	files swap
	sync_directories
	validates run
	reloading=true
	reloads run
	finish 0
}

# GNU's sync takes files; others know only the whole.
sync_directories() {
	sync "$lock_dir/.." 2>/dev/null || sync
}

restart() {
	reloading=true
	restarts run
	finish 0
}

undo() {
	targets restore
	reloads again
	say restored
	finish 0
}

commit() {
	targets forget
	finish 0
}
