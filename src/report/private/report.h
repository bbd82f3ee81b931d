/*
 * report - what the sinks share: kinds, streams, and the page an event is set on.
 */
#pragma once

#include "base/buf.h"
#include "report/private/kept.h"
#include "report/report.h"

#include <pthread.h>
#include <stdio.h>

/* Where it all goes; tests give files, a width and a time of their own. */
struct report_streams {
	FILE *out, *err;
	int width;  /* columns; 0: the terminal's */
	time_t now; /* 0: the clock's */
};

struct report *report_on(const struct report_options *o, const struct report_streams *s)
	NODISCARD;

/* What events print, until it is printed. */
struct page {
	struct buf out, err;
};

struct report {
	struct report_options options;
	struct report_streams streams;
	pthread_mutex_t lock; /* around all that follows */
	struct page page;
	struct buf step; /* the progress line, as it is on the screen */
	bool unwritten;
	bool asking; /* nothing is printed until that is over */
	/* the text sink's */
	char *section; /* a banner that waits */
	char *heading; /* the host whose probes are being listed */
	bool in_recap;
	/* those that sum up */
	struct kept kept;
	bool document; /* a text was told: there is nothing to sum up */
};

/* From the first on nothing is printed; the second prints what was held back. */
void report_hold(struct report *r);
void report_release(struct report *r);

typedef void show(struct report *r, const struct event *ev);
show text_show, json_show, nagios_show, prometheus_show;
typedef int finish(struct report *r, int status);
finish nagios_finish, prometheus_finish;

/* What a line of text says of the event, without its first word and its colour. */
void text_rest(struct buf *line, const struct report *r, const struct event *ev);

const char *event_name(enum event_kind kind); /* "changed", as in JSON and docs/events.md */
const char *level_name(enum event_level level); /* "warning" */

/* What is told even with -q. */
bool event_is_trouble(const struct event *ev);

time_t report_now(const struct report *r);
int report_width(const struct report *r);
/* "www.example.net: ", "linode: postfix: " or nothing. */
void report_subject(struct buf *b, const struct event *ev);
void report_upper(struct buf *b, const char *word); /* ASCII only */
/* text_tame for a text of several lines: newlines and tabs stay. */
void tame_lines(char *s);
