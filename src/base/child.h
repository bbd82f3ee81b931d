/*
 * child - run a program of the user's: no shell, a clean environment, a deadline.
 *
 * The child gets a process group of its own; on a deadline or a stop request the whole
 * group is ended (SIGTERM, then SIGKILL). Nothing but the three standard descriptors
 * is inherited.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/input.h"

#include <stdint.h>
#include <sys/types.h>

struct child_spec {
	/* NULL-terminated; argv[0] is looked up in our PATH, if it has a "/" from `dir` */
	const char *const *argv;
	/*
	 * NULL-terminated "NAME=value", NULL: none. Beside them a child sees of our
	 * environment PATH HOME USER LOGNAME LANG TZ TMPDIR SSH_AUTH_SOCK, and no more.
	 */
	const char *const *env;
	const char *dir;   /* working directory, NULL: ours */
	const void *input; /* standard input; NULL: /dev/null */
	size_t input_len;
	const struct input *talk; /* child_run: instead, for one that answers */
	int64_t deadline;         /* child_run: an instant, as deadline_in makes it */
	size_t max_output;        /* of each stream; what is beyond is dropped. 0: 1 MiB */
	int grace_ms; /* child_run: between SIGTERM and SIGKILL; 0: two seconds */
	int err_fd;   /* child_start: standard error goes there (a memfd); 0: /dev/null */
};

struct child_result {
	struct buf out, err;
	int status; /* exit status, or 128 + signal */
};

void child_result_clear(struct child_result *r);
DEFINE_AUTO_VALUE(struct child_result, child_result, child_result_clear)

/*
 * Run to its end. False if it couldn't be started (ERR_IO), ran past the deadline
 * (ERR_TIMEOUT) or was interrupted (ERR_STOPPED); its own failure is in r->status, not
 * here. r must be initialised (CHILD_RESULT_EMPTY); what was printed is there in any case.
 */
bool child_run(const struct child_spec *spec, struct child_result *r, struct err *e)
	NODISCARD;
#define CHILD_RESULT_EMPTY                                                                 \
	{                                                                                  \
		BUF_EMPTY, BUF_EMPTY, 0                                                    \
	}

/*
 * Start a program that talks over one socket (a ProxyCommand): its standard input and
 * output are the other end of *fd. child_end ends and reaps it (its whole group; it may
 * have ended before).
 */
bool child_start(const struct child_spec *spec, int *fd, pid_t *pid, struct err *e)
	NODISCARD;
void child_end(pid_t pid);

/* Is there such a program in our PATH? */
bool child_found(const char *name);

/*
 * Split a command as a user writes it in YAML: blanks, '…', "…" and backslashes as in a
 * shell, and nothing else of a shell. argv is one malloc'ed block, NULL-terminated.
 * NULL for an unbalanced quote or an empty command.
 */
char **argv_split(const char *command) NODISCARD;
