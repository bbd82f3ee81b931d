# shellcheck shell=sh disable=SC2154 # of look.sh, which stands before it
# transact.sh - how a push changes a host. script.c puts the paths and commands of one host behind it.
#
# Beside a file that is being replaced, while nothing has proved the new one yet:
#   .NAME.certpush-new/  a directory of ours with what will be renamed over it
#   .NAME.certpush-old   what a service was last proved with (a hard link), or
#   .NAME.certpush-none  that there was nothing; in it, the directories that were made for it
# Where a directory is replaced as a whole, it is a symbolic link to its generation, .NAME.certpush-RUN, and -old is one to
# the generation that was proved last.

mask=$(umask)
umask 077

made=
fresh=
litter=
lock_dir=
synced=
staging=
# of standard input something is left that must not be taken for the next script
unread=0
# What has to take up again what is put back: builds, reloads or restarts, once they have begun.
take_up=:

# all LIST COMMAND...: with each line of LIST as one more argument. What is done for all at once costs one process.
all() {
	set -f
	IFS=$lf
	# shellcheck disable=SC2086 # to be split
	set -- "$@" $1
	unset IFS
	set +f
	shift
	"$@"
}

# What a command printed, on one line.
told_why() { printf '%s' "$why" | tr '\n' ' '; }

# One push at a time on a host, whatever it pushes: in the home of who we are there.
lock() {
	lock=$HOME/.certpush-lock
	waited=0
	lost=0
	until why=$(mkdir "$lock" 2>&1); do
		other=$(cat "$lock/pid" 2>/dev/null)
		if [ ! -d "$lock" ]; then
			lost=$((lost + 1))
			[ "$lost" -lt 3 ] || fail lock "$why"
		elif [ "$waited" -gt 60 ]; then
			fail lock "$lock: another push has been at work here for a minute (pid ${other:-unknown})"
		elif abandoned "$other"; then
			take_over "$other"
		else
			waited=$((waited + 1))
			sleep 1
		fi
	done
	lock_dir=$lock
	# from here on "." is a directory that nobody but us can write in
	if ! cd "$lock_dir" || [ ! -O . ]; then fail lock "$lock: isn't ours"; fi
	own_pid >pid || fail lock "$lock: can't write there (disk full?)"
}

# $$ is the one that runs all scripts.
own_pid() {
	if { read -r own _ </proc/self/stat; } 2>/dev/null; then
		echo "$own"
	else
		sh -c 'echo $PPID'
	fi
}

# Its owner is gone, or never came to write its pid; or is older than any push, so that the pid is somebody else's.
abandoned() {
	if [ -z "$1" ]; then
		[ "$waited" -ge 10 ]
	elif kill -0 "$1" 2>/dev/null; then
		[ "$waited" = 0 ] && [ -n "$(find "$lock" -prune -mmin +60 2>/dev/null)" ]
	else
		true
	fi
}

# Another may have been quicker, and have a lock of its own there by now.
take_over() {
	mv "$lock" "$lock.$$" 2>/dev/null || return 0
	if [ "$(cat "$lock.$$/pid" 2>/dev/null)" = "$1" ]; then
		rm -rf "$lock.$$"
	else
		mv "$lock.$$" "$lock"
	fi
}

# With what is to be gone before others may come. False, with the reason in $why, where something of it stays.
unlock() {
	cd /
	litter=$litter$lock_dir
	lock_dir=
	[ -n "$litter" ] || return 0
	why=$(all "$litter" rm -rf -- 2>&1)
	set -- $?
	litter=
	return "$1"
}

# The end of a push that changed nothing, or that has been taken back. fail STEP TEXT
fail() {
	say "fail $1 - $2"
	finish 1
}

finish() {
	# what lies there while another has the lock is the other's
	[ -z "$lock_dir" ] || files discard
	unlock
	[ "$1" = 0 ] || unmake
	clear_staging
	say end
	exit "$unread"
}

clear_staging() {
	[ -z "$staging" ] || rm -rf "$staging"
	staging=
}

# What runs that were killed have left: each names its own PREFIX-RANDOM.PID.
clear_leftovers() {
	case ${staging##*/} in
	certpush-?*-?* | .certpush-?*-?*) ;;
	*) return 0 ;;
	esac
	for each in "${staging%-*}"-*; do
		if [ "$each" != "$staging" ] && [ -d "$each" ] && ! awaited "$each"; then rm -rf "$each"; fi
	done
}

# Its run has a shell here for as long as it goes on: it may be waiting for the lock that we have.
awaited() {
	owner=${1##*.}
	case $owner in
	'' | 0 | *[!0-9]*) return 1 ;;
	esac
	kill -0 "$owner" 2>/dev/null || [ -d "/proc/$owner" ]
}

# unpack DIRECTORY: make it, and put there what is behind the script. In our own home, and not the login's.
unpack() {
	unread=1
	case $1 in
	/*) directory=$1 ;;
	*) directory=$HOME/$1 ;;
	esac
	why=$(mkdir -p "${directory%/*}" 2>&1 && mkdir "$directory" 2>&1) || fail receive "$why"
	staging=$directory
	if ! cd "$staging" || [ ! -O . ]; then fail receive "$staging: isn't ours"; fi
	behind receive
	cd /
	unread=0
}

# receive NAME SIZE
receive() {
	dd bs=1 count="$2" >"$1" 2>/dev/null || fail receive "$staging: can't write there (disk full?)"
	[ "$(wc -c <"$1")" -eq "$2" ] || fail receive "$staging: it didn't arrive whole"
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
	prepare "$@"
	fresh=$fresh${hidden}new/file$lf
}

prepare() {
	hidden "$6"
	place_directory "${6%/*}" || fail stage "${6%/*}: the directory can't be made"
	if [ -e "${hidden}new" ] || [ -L "${hidden}new" ]; then rm -rf "${hidden}new"; fi
	why=$(bring "$@" 2>&1) || fail stage "$6: $(told_why)"
}

# In a directory of our own, for a name that others can write in may be a link by now. Runs in a subshell.
bring() {
	mkdir "${hidden}new" && cd "${hidden}new" || return
	if [ ! -O . ]; then
		say "somebody else writes there"
		return 1
	fi
	copy "${1:-$6}" "$3" "$4" "$5"
}

# copy PATH OWNER GROUP MODE: to ./file.
if command -v install >/dev/null 2>&1; then
	copy() { install ${2:+-o "$2"} ${3:+-g "$3"} -m "$4" -- "$1" file; }
else
	copy() {
		cp -- "$1" file || return
		[ -z "$2" ] || chown -- "$2" file || return
		[ -z "$3" ] || chgrp -- "$3" file || return
		chmod "$4" file
	}
fi

# Whatever the power does from here on, what is renamed is there.
verify() {
	[ -n "$fresh" ] || return 0
	sums=$(all "$fresh" sha256sum -- 2>/dev/null)
	files whole
	all "$fresh" sync 2>/dev/null || sync
}

whole() {
	hidden "$6"
	is_whole "${hidden}new/file" "$2" "$6"
}

# is_whole FILE DIGEST PATH
is_whole() {
	line_of "$sums" "$1" || line=$(digest "$1")
	[ "${line%% *}" = "$2" ] || fail stage "$3: it didn't arrive whole"
}

keep() {
	hidden "$6"
	if [ -e "${hidden}old" ] || [ -e "${hidden}none" ]; then return; fi
	if [ ! -e "$6" ]; then
		printf '%s' "$made" >"${hidden}none" || fail keep "$6: can't write there"
	elif ! ln "$6" "${hidden}old" 2>/dev/null; then
		{ cp -p "$6" "${hidden}new/old" && mv -f "${hidden}new/old" "${hidden}old"; } 2>log ||
			fail keep "$6: the old file can't be kept: $(printed)"
	fi
}

swap() {
	hidden "$6"
	[ ! -d "$6" ] || take_back swap - "$6: a directory by now"
	mv -f "${hidden}new/file" "$6" 2>log || take_back swap - "$6: can't be replaced: $(printed)"
}

# GNU's sync takes files; others know only the whole.
settle() {
	[ "$synced" = "${6%/*}" ] || sync "${6%/*}" 2>/dev/null || sync
	synced=${6%/*}
}

discard() {
	hidden "$6"
	litter=$litter${hidden}new$lf
}

# restore PATH, forget PATH: back to what was last proved; or what is there now is proved.
restore() {
	hidden "$1"
	rm -rf "${hidden}new"
	if [ -e "${hidden}old" ]; then
		# of two names of one file, some mv leave both; what couldn't be replaced needs none
		{ { mv -f "${hidden}old" "$1" 2>/dev/null || [ "$(digest "${hidden}old")" = "$(digest "$1")" ]; } &&
			rm -f "${hidden}old"; } || say "fail restore - $1"
	elif [ -e "${hidden}none" ]; then
		[ ! -O "${hidden}none" ] || made=$made$(cat "${hidden}none")$lf
		rm -f "$1" "${hidden}none" 2>/dev/null || say "fail restore - $1"
	fi
}

forget() {
	hidden "$1"
	litter=$litter${hidden}old$lf${hidden}none$lf${hidden}new$lf
}

# within STEP SOURCE DIGEST OWNER GROUP MODE PATH: a file of a directory that is replaced as a whole. It goes into the generation.
within() {
	[ "$1" = stage ] || return 0
	name=${7##*/}
	generation "${7%/*}"
	prepare "$2" "$3" "$4" "$5" "$6" "$next/$name"
	is_whole "${hidden}new/file" "$3" "$7"
	{ mv -f "${hidden}new/file" "$next/$name" && rmdir "${hidden}new"; } || fail stage "$next/$name: can't be replaced"
}

# The generation of this run, and where the directory leads to now.
generation() {
	hidden "$1"
	beside=$hidden
	next=$beside$run
	now=$(readlink "$1")
}

# directory STEP DIRECTORY
directory() {
	generation "$2"
	"$1_directory" "$2"
}

stage_directory() {
	place_directory "${1%/*}" || fail stage "${1%/*}: the directory can't be made"
	if [ -e "$1" ] && [ ! -d "$1" ]; then fail stage "$1: is no directory"; fi
	why=$(begin_generation "$1" 2>&1) || fail stage "$1: $(told_why)"
}

# What lies there besides our files stays with them. Runs in a subshell.
begin_generation() {
	mkdir "$next" || return
	from=$1
	# a run that was killed may have taken it away, and come no further
	[ -d "$from" ] || from=${beside}old
	if [ -d "$from" ]; then
		cp -RPp "$from/." "$next" && rm -rf "$next"/.*.certpush-*
	else
		chmod 0755 "$next"
	fi
}

whole_directory() { :; }

keep_directory() {
	sync "$next"/* "$next" 2>/dev/null || sync
	if [ -L "${beside}old" ] || [ -e "${beside}none" ]; then return; fi
	if [ -L "$1" ]; then
		ln -s "$now" "${beside}old"
	elif [ -d "$1" ]; then
		base=${beside##*/}
		rm -rf "${beside}0" && ln -s "${base}0" "${beside}old"
	else
		printf '%s' "$made" >"${beside}none"
	fi || fail keep "$1: can't write beside it"
}

swap_directory() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		mv "$1" "${beside}0" || take_back swap - "$1: can't be moved"
	fi
	point "$1" "${next##*/}" || take_back swap - "$1: can't be replaced"
}

# point DIRECTORY GENERATION, by one rename: of a link that is made in a directory of our own.
point() {
	rm -rf "${beside}new" && mkdir "${beside}new" && ln -s "$2" "${beside}new/${1##*/}" &&
		mv -f "${beside}new/${1##*/}" "${1%/*}/" && rmdir "${beside}new"
}

settle_directory() { settle - - - - - "$1"; }

discard_directory() {
	rm -rf "${beside}new"
	[ "$now" = "${next##*/}" ] || rm -rf "$next"
}

restore_directory() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		rm -f "${beside}old"
	elif [ -L "${beside}old" ]; then
		{ point "$1" "$(readlink "${beside}old")" && rm -f "${beside}old"; } || say "fail restore - $1"
	elif [ -e "${beside}none" ]; then
		[ ! -O "${beside}none" ] || made=$made$(cat "${beside}none")$lf
		rm -f "$1" "${beside}none" || say "fail restore - $1"
	fi
	clear_generations "$1"
}

# The generation that was before stays for as long as something leads back to it.
forget_directory() {
	if why=$(rm -f "${beside}old" "${beside}none" 2>&1); then
		clear_generations "$1"
	else
		unforgotten
	fi
}

# All but the one that it leads to.
clear_generations() {
	now=$(readlink "$1")
	for each in "$beside"[0-9a-f]*; do
		if [ "${each##*/}" != "$now" ] && [ -d "$each" ]; then rm -rf "$each"; fi
	done
}

# Two minutes for each command, where there is a timeout that can kill.
limit=
bound() {
	if timeout -k 5 5 true 2>/dev/null; then limit='timeout -k 10 120'; fi
}

# Into a file: a daemon that a command leaves behind would keep a pipe open. It gets no umask of ours either.
attempt() {
	(umask "$mask" && cd / && $limit sh -c "$1") >log 2>&1 </dev/null
}

# What it printed last, on one line.
printed() {
	tail -c 400 log | tail -n 3 | tr '\n\r\t' '   ' | sed 's/ *$//'
}

# run STEP INDEX COMMAND
run() {
	if attempt "$3"; then
		say "did $1 $2"
	else
		take_back "$1" "$2" "exit status $?: $(printed)"
	fi
}

# take_back STEP INDEX TEXT: the push failed; what was last proved is put back, and taken up again.
take_back() {
	say "fail $1 $2 $3"
	targets restore
	$take_up again
	say restored
	finish 1
}

again() {
	if attempt "$3"; then
		say "did again $2"
	else
		say "fail again $2 exit status $?: $(printed)"
	fi
}

# apply COMMAND...: what is to be done at its end
apply() {
	[ -z "$staging" ] || clear_leftovers
	bound
	files stage
	verify
	# a host that loses its power from here on has no copy of the key in it
	clear_staging
	files keep
	files swap
	files settle
	take_up=builds
	builds run
	validates run
	take_up=served
	reloads run
	"$@"
}

served() {
	builds "$1"
	reloads "$1"
}

# Also those that a reload was enough for hold the files that go back.
everything() {
	served "$1"
	restarts "$1"
}

restart() {
	bound
	take_up=everything
	restarts run
	finish 0
}

undo() {
	bound
	targets restore
	everything again
	say restored
	finish 1
}

unforgotten() { say "fail forget - $(told_why)"; }

commit() {
	targets forget
	files discard
	unlock || unforgotten
	finish 0
}
