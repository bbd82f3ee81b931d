# shellcheck shell=bash
# base - the root file system that all hosts lie over: built once, cached, shared by all instances.
#
# It is named after the hash of its recipe. A host holds a shared lock on it for as long as it runs, so
# that an older base is only removed when nothing stands on it.

base_hash() {
	cat "$lab_dir"/base/packages "$lab_dir"/base/customize "$lab_dir"/lib/base.sh | sha256sum | cut -c1-12
}

base_dir() { echo "$base_cache/base-$(base_hash)"; }

base_build() {
	local base
	base=$(base_dir)
	[[ -d $base ]] && return
	check_tools mmdebstrap
	mkdir -p "$base_cache"
	exec 8>"$base_cache/lock"
	flock -n 8 || { say 'waiting for another build of the base' && flock 8; }
	if [[ ! -d $base ]]; then
		base_clean
		base_make "$base"
	fi
	exec 8>&-
}

base_make() {
	local base=$1 start=$SECONDS log=$base_cache/build.log
	say "building the base root (about two minutes, once): $base"
	if ! base_bootstrap "$base.tmp" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "the base root couldn't be built; the whole story is in $log"
	fi
	mv "$base.tmp" "$base"
	say "base root built in $((SECONDS - start)) s"
}

# In namespaces of its own: a build that is killed leaves no mount and no process. inn2's postinst wants a
# full host name.
base_bootstrap() {
	unshare --mount --pid --uts --fork --kill-child sh -euc '
		mount -t proc proc /proc
		hostname news.example.test
		exec mmdebstrap "$@"' mmdebstrap --mode=root --variant=minbase \
		--include="$(grep -v '^#' "$lab_dir/base/packages" | paste -sd,)" \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--essential-hook='echo 127.0.0.1 localhost news.example.test >"$1/etc/hosts"' \
		--customize-hook="$lab_dir/base/customize" \
		bookworm "$1" ${LAB_MIRROR:+"$LAB_MIRROR"} 8>&-
}

# Half-built bases, and older ones that no host stands on.
base_clean() {
	local old
	for old in "$base_cache"/base-*; do
		case $old in
		*.lock | *'*') ;;
		*.tmp) rm -rf --one-file-system "$old" ;;
		*) flock -n -x "$old.lock" rm -rf --one-file-system "$old" "$old.lock" || : ;;
		esac
	done
}
