# shellcheck shell=bash
# needs - can this machine carry a lab at all? One line says what it lacks.

check_root() { ((EUID == 0)) || die 'needs root'; }

check_machine() {
	check_root
	check_tools ip unshare nsenter openssl ssh-keygen curl flock setsid dig
	grep -qw overlay /proc/filesystems || modprobe -q overlay 2>/dev/null ||
		die 'this kernel has no overlayfs'
	unshare --mount --pid --uts --ipc --net --fork true 2>/dev/null ||
		die 'not allowed to make namespaces (mount, pid, uts, ipc, net) here'
	unshare --mount sh -c "$try_overlay" 2>/dev/null ||
		die 'not allowed to mount tmpfs and overlayfs here'
	unshare --net sh -c "$try_bridge" 2>/dev/null ||
		die 'not allowed to make a network bridge and veth pairs here'
}

check_tools() {
	local tool missing=()
	for tool in "$@"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) || die "missing here: ${missing[*]} (tests/packages.sh lab installs them)"
}

# In namespaces of their own, so nothing of it stays.
try_overlay='mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir low up work root &&
	mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work root'
try_bridge='ip link add br0 type bridge && ip link add port type veth peer name eth0'
