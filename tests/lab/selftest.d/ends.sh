# shellcheck shell=bash
# ends - `down` leaves nothing, `up` copes with a run that was killed.

# Every process in one of the lab's network namespaces, the way the kernel sees it.
namespaces() {
	local host
	for host in $(lab hosts); do lab exec "$host" readlink /proc/self/ns/net; done
}
processes_in() {
	local ns
	for ns in /proc/[0-9]*/ns/net; do readlink "$ns" 2>/dev/null || :; done | grep -cxF "$1" || :
}
nothing_left() {
	[[ $(processes_in "$1") == 0 && ! -e ${share%/share} ]] && ! grep -q "lab-host" /proc/mounts
}

test_ends() {
	local spaces begin pid
	spaces=$(namespaces)
	begin=$(ip link | grep -c ^)
	refuse 'the lab is seen' nothing_left "$spaces"
	lab down
	check 'down: nothing is left' nothing_left "$spaces"
	expect "down: the machine's own links are as they were" "$begin" sh -c 'ip link | grep -c ^'
	check 'down: again' lab down
	refuse 'status: not up' lab status
	expect 'exec: not up' 'is not up' lab exec ovh true

	"$here/lab" up >/dev/null 2>&1 &
	pid=$!
	sleep 1.5
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	check 'up, after an up that was killed' lab up
	expect 'up: again' 'up already' lab up
	spaces=$(namespaces)
	lab down
	check 'down: nothing is left' nothing_left "$spaces"
}
