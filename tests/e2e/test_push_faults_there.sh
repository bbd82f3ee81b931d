#!/bin/bash
# A full disk, a read-only file system, commands that fail, hang or end their service, at each step of a push: what the host then holds and
# serves, what is told, and that the next push mends it.
# shellcheck source=faults_lib.sh
. "$(dirname "$0")/faults_lib.sh"
own_control
mint_all
quiet certpush push

try_rows panix apache <<'END'
send     | fail     |   0 | new   | new |                  |
stage    | full     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: /etc/.*\.pem: .*No space left on device; nothing was changed$
stage    | ro       |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: /etc/.*\.pem: .*Read-only file system; nothing was changed$
keep     | ro       |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: /etc/.*\.pem: the old file can.t be kept: .*Read-only file system; nothing was changed$
keep     | full     |   0 | new   | new |                  |
swap     | fail     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: /etc/.*\.pem: can.t be replaced: mv: broken by the lab; the old files are back$
swap     | ro       |   1 | mixed | old |                  | ^fatal: \[HOST\] FAILED! apache: /etc/.*\.pem: can.t be replaced: .*Read-only file system; AND THE OLD FILES COULD NOT BE PUT BACK$
validate | fail     |   1 | old   | old | validate: at-step validate | ^fatal: \[HOST\] FAILED! apache: at-step validate: exit status 1: at-step: broken by the lab *; the old files are back$
restore  | ro       |   1 | mixed | old | validate: "false"     | ^fatal: \[HOST\] FAILED! apache: false: exit status 1: *; AND THE OLD FILES COULD NOT BE PUT BACK$
reload   | fail     |   1 | old   | old | reload: at-step reload && RELOAD | ^fatal: \[HOST\] FAILED! .*: exit status 1: at-step: broken by the lab *; the old files are back$
hang     | -        |   1 | old   | old | reload: if [ -e /run/hung ]; then RELOAD; else touch /run/hung; sleep 100; fi | ^fatal: \[HOST\] FAILED! .*: exit status 124: *; the old files are back$
-        | -        |   1 | old   | old | reload: if [ -e /run/hung ]; then START; else touch /run/hung; STOP; fi, restart: ~, wait: 1 | ^fatal: \[HOST\] FAILED! .*; the old files are back$
-        | -        |   0 | new   | new | reload: STOP, restart: START, wait: 1 | ^restarted:
-        | -        |   1 | old   | old | reload: "true", restart: ~, wait: 1 | ^fatal: \[HOST\] FAILED! .*; the old files are back$
commit   | ro       |   0 | new   | new |                  | WARNING.: HOST: .*; all is proved there
commit   | ro       |   0 | new   | new | checks: []       | WARNING.: HOST: .*; all is in place there
lock     | -        |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! .*/\.certpush-lock: another push has been at work here for a minute \(pid 1\)
END

# Of two services the one that fails is taken back, and the other goes on; but not on a host where something can't be put back.
try_rows ovh dovecot <<'END'
stage    | full     |   1 | old       | old     |                  | ^fatal: \[HOST\] FAILED! dovecot: /etc/.*\.pem: .*No space left on device; nothing was changed$ | ^fatal: \[HOST\] FAILED! nginx: /etc/.*\.pem: .*No space left on device; nothing was changed$
swap     | fail     |   1 | new old   | new old |                  | ^fatal: \[HOST\] FAILED! dovecot: /etc/.*\.pem: can.t be replaced: mv: broken by the lab; the old files are back$
restore  | ro       |   1 | mixed old | old     | validate: "false" | ^fatal: \[HOST\] FAILED! dovecot: false: exit status 1: *; AND THE OLD FILES COULD NOT BE PUT BACK$ | ^fatal: \[HOST\] FAILED! nginx: not begun: dovecot must be settled first$
reload   | fail     |   1 | new old   | new old | reload: at-step reload && RELOAD | ^fatal: \[HOST\] FAILED! dovecot: .*: exit status 1: at-step: broken by the lab *; the old files are back$
-        | -        |   1 | new old   | new old | reload: "true", restart: ~, wait: 1 | ^fatal: \[HOST\] FAILED! dovecot: .*; the old files are back$
END
try_rows ovh nginx <<'END'
validate | fail     |   1 | new old   | new old | validate: at-step validate | ^fatal: \[HOST\] FAILED! nginx: at-step validate: exit status 1: at-step: broken by the lab *; the old files are back$
END

# The home of who is logged in is full: nothing can be sent; nor, where nothing need be, the lock be taken.
small_home() {
	on panix sh -c 'mkdir -p /run/small && mount -t tmpfs -o size=32k,mode=700 small /run/small && cp -a /root/.ssh /run/small &&
		mount --move /run/small /root && ! cat /dev/zero >/root/.full 2>/dev/null'
}
large_home() { on panix umount -l /root; }
# refused PATTERN: by one line, and nothing is touched
refused() {
	remember panix
	small_home
	ends 1 certpush push -l panix
	large_home
	told_once "^fatal: \[panix\] FAILED! $1"
	as_before panix
	ends 0 certpush push -l panix
	up_to_date panix
	nothing_left panix
}
mint_all
refused '.*\.certpush-.*'
on panix touch /etc/apache2/tls/.privkey.pem.certpush-none
refused 'apache: /root/\.certpush-lock: .*'
