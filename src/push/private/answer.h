/*
 * answer - what a script printed, read strictly: it comes from a stranger's machine.
 */
#pragma once

#include "base/err.h"
#include "plan/plan.h"

/*
 * All begin with the line "certpush NONCE PID": what a login shell printed before it is
 * skipped. ERR_REMOTE if the script didn't run, or not to its end.
 */

/* The PID, which is that of the host's shell; 0 if there is none. */
int answer_shell(const char *text, const char *nonce) NODISCARD;

/* One for each target of a look; zero before, seen_clear after it, also if it failed. */
bool answer_seen(const char *text, const char *nonce, struct seen_file *seen, size_t n,
	struct err *e) NODISCARD;

struct remote_event {
	bool failed;   /* "fail", else "did" */
	char step[16]; /* "stage", "validate", "reload" … */
	int index;     /* of the command; -1: none */
	char *text;    /* of a failure */
};

struct remote_story {
	struct remote_event *events;
	size_t n;
	bool restored; /* the previous files are back */
};
#define REMOTE_STORY_EMPTY                                                                 \
	{                                                                                  \
		0                                                                          \
	}
void remote_story_clear(struct remote_story *s);
DEFINE_AUTO_VALUE(struct remote_story, remote_story, remote_story_clear)

bool answer_story(const char *text, const char *nonce, struct remote_story *out,
	struct err *e) NODISCARD;
/* The first failure, NULL if there was none. */
const struct remote_event *remote_story_failure(const struct remote_story *s);
bool remote_story_failed_at(const struct remote_story *s, const char *step);
