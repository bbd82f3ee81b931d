#include "report/private/report.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS 79 /* where there is no terminal to ask */

/* finish: NULL where nothing waits; lost: the status where all was well but the output. */
static const struct sink {
	show *show;
	finish *finish;
	int lost;
} sinks[] = {
	[FORMAT_TEXT] = { text_show, NULL, 1 },
	[FORMAT_JSON] = { json_show, NULL, 1 },
	[FORMAT_NAGIOS] = { nagios_show, nagios_finish, LEVEL_UNKNOWN },
	[FORMAT_PROMETHEUS] = { prometheus_show, prometheus_finish, 1 },
};

struct report *report_on(const struct report_options *o, const struct report_streams *s)
{
	struct report *r = xcalloc(1, sizeof *r);

	r->options = *o;
	r->streams = *s;
	pthread_mutex_init(&r->lock, NULL);
	buf_init(&r->page.out);
	buf_init(&r->page.err);
	buf_init(&r->step);
	return r;
}

struct report *report_new(const struct report_options *o)
{
	return report_on(o, &(struct report_streams){ .out = stdout, .err = stderr });
}

time_t report_now(const struct report *r)
{
	return r->streams.now ? r->streams.now : clock_now();
}

int report_width(const struct report *r)
{
	struct winsize size;

	if (r->streams.width)
		return r->streams.width;
	if (ioctl(fileno(r->streams.err), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return COLUMNS;
}

void report_subject(struct buf *b, const struct event *ev)
{
	const char *const names[] = { ev->certificate, ev->host, ev->service };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i])
			buf_printf(b, "%s: ", names[i]);
}

void report_upper(struct buf *b, const char *word)
{
	for (; *word; word++) {
		char c = *word;

		if (c >= 'a' && c <= 'z')
			c ^= 0x20;
		buf_putc(b, c);
	}
}

void tame_lines(char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n\t");
		char end = s[len];

		s[len] = '\0';
		text_tame(s);
		s[len] = end;
		s += end ? len + 1 : len;
	}
}

static void put(struct report *r, FILE *f, const struct buf *text)
{
	if (text->len == 0)
		return;
	if (fwrite(text->data, 1, text->len, f) != text->len || fflush(f) != 0)
		r->unwritten = true;
}

/* The progress line is taken away before anything is printed over it, then drawn again. */
static void draw(struct report *r, const char *step)
{
	if (r->asking || !r->options.progress || (!*step && r->step.len == 0))
		return;
	fprintf(r->streams.err, "\r\x1b[K%s", step);
	fflush(r->streams.err);
}

static void remember_step(struct report *r, const struct event *ev)
{
	size_t most = (size_t)report_width(r) - 1;

	buf_reset(&r->step);
	report_subject(&r->step, ev);
	buf_puts(&r->step, ev->detail ? ev->detail : "");
	buf_truncate(&r->step, most);
	text_tame(r->step.data);
	draw(r, r->step.data);
}

static void print(struct report *r)
{
	if (r->asking || (r->page.out.len == 0 && r->page.err.len == 0))
		return;
	draw(r, "");
	put(r, r->streams.out, &r->page.out);
	put(r, r->streams.err, &r->page.err);
	buf_reset(&r->page.out);
	buf_reset(&r->page.err);
	draw(r, r->step.data);
}

void report_emit(struct report *r, const struct event *ev)
{
	pthread_mutex_lock(&r->lock);
	sinks[r->options.format].show(r, ev);
	print(r);
	if (ev->kind == EVENT_STEP && r->options.progress)
		remember_step(r, ev);
	pthread_mutex_unlock(&r->lock);
}

void report_hold(struct report *r)
{
	pthread_mutex_lock(&r->lock);
	draw(r, "");
	r->asking = true;
	pthread_mutex_unlock(&r->lock);
}

void report_release(struct report *r)
{
	pthread_mutex_lock(&r->lock);
	r->asking = false;
	print(r);
	draw(r, r->step.data);
	pthread_mutex_unlock(&r->lock);
}

int report_finish(struct report *r, int status)
{
	const struct sink *s = &sinks[r->options.format];

	pthread_mutex_lock(&r->lock);
	if (s->finish)
		status = s->finish(r, status);
	print(r);
	if (r->unwritten && status == 0)
		status = s->lost;
	pthread_mutex_unlock(&r->lock);
	return status;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	draw(r, "");
	buf_clear(&r->page.out);
	buf_clear(&r->page.err);
	buf_clear(&r->step);
	free(r->section);
	free(r->heading);
	kept_clear(&r->kept);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void tell(struct report *r, enum event_kind kind, const char *detail)
{
	report_emit(r, &(struct event){ .kind = kind, .detail = detail });
}

void report_section(struct report *r, const char *title)
{
	tell(r, EVENT_SECTION, title);
}

void report_text(struct report *r, const char *text)
{
	tell(r, EVENT_TEXT, text);
}

static void PRINTF(3, 0)
	vtell(struct report *r, enum event_kind kind, const char *fmt, va_list ap)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_vprintf(&text, fmt, ap);
	tell(r, kind, text.data);
}

void report_warn(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtell(r, EVENT_WARNING, fmt, ap);
	va_end(ap);
}

void report_note(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtell(r, EVENT_NOTE, fmt, ap);
	va_end(ap);
}

void report_error(struct report *r, const struct err *e)
{
	report_emit(r,
		&(struct event){ .kind = EVENT_ERROR, .detail = e->msg, .pos = &e->pos });
}
