/*
 * screen - a report onto two texts, at a time and in a width of its own.
 */
#pragma once

#include "report/private/report.h"

#include <stdlib.h>

#define NOW        1795515300 /* 2026-11-24 10:15:00 UTC */
#define IN_9_DAYS  1796292900 /* 2026-12-03 10:15:00 UTC */
#define IN_90_DAYS 1803291300 /* 2027-02-22 10:15:00 UTC */

/* A report onto two texts. */
struct screen {
	struct report *report;
	FILE *files[2];
	char *out, *err;
	size_t sizes[2];
};

static inline void screen_open(struct screen *s, struct report_options o)
{
	struct report_streams streams = { .width = 79, .now = NOW };

	s->files[0] = streams.out = open_memstream(&s->out, &s->sizes[0]);
	s->files[1] = streams.err = open_memstream(&s->err, &s->sizes[1]);
	s->report = report_on(&o, &streams);
}

static inline void screen_close(struct screen *s)
{
	report_free(s->report);
	fclose(s->files[0]);
	fclose(s->files[1]);
}

static inline void screen_clear(struct screen *s)
{
	free(s->out);
	free(s->err);
}
DEFINE_AUTO_VALUE(struct screen, screen, screen_clear)

static inline void show_one(struct screen *s, struct report_options o, struct event ev)
{
	screen_open(s, o);
	report_emit(s->report, &ev);
	screen_close(s);
}
