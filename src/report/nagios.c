/*
 * One line that says how bad it is and what is worst, then a line each, the worst first: as
 * the guidelines of monitoring-plugins.org have it, with the status 0 ok, 1 warning,
 * 2 critical, 3 unknown.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/private/report.h"

#include <string.h>

/* How an event counts. */
static const struct {
	bool told, counted; /* counted: it is one of those that were checked */
	bool measured;      /* how much is left of it can be told */
} kinds[N_EVENT_KINDS] = {
	[EVENT_PROBE] = { .told = true, .counted = true, .measured = true },
	[EVENT_EXPIRY] = { .told = true, .counted = true, .measured = true },
	[EVENT_CURRENT] = { .told = true, .counted = true, .measured = true },
	[EVENT_FAILED] = { .told = true, .counted = true },
	[EVENT_WARNING] = { .told = true },
	[EVENT_ERROR] = { .told = true },
};

static enum event_level level_of(const struct event *ev)
{
	if (ev->kind == EVENT_FAILED)
		return LEVEL_CRITICAL;
	return ev->kind == EVENT_ERROR ? LEVEL_UNKNOWN : ev->level;
}

void nagios_show(struct report *r, const struct event *ev)
{
	const enum event_level level = level_of(ev);

	if (ev->kind == EVENT_TEXT) {
		r->document = true;
		text_show(r, ev);
	} else if (kinds[ev->kind].told) {
		kept_add(&r->kept, ev)->level = level;
	}
}

/* ---- lines ---- */

static void put_event(struct buf *line, const struct report *r, const struct event *ev)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (ev->kind == EVENT_PROBE && ev->host)
		buf_printf(&text, "%s ", ev->host);
	text_rest(&text, r, ev);
	if (ev->warning)
		buf_printf(&text, " (warning: %s)", ev->warning);
	text_tame(text.data);
	/* a bar would begin the performance data */
	for (char *c = text.data; *c; c++)
		if (*c == '|')
			*c = '/';
	buf_puts(line, text.data);
}

static void put_lines(struct report *r, const struct event *const *sorted)
{
	for (size_t i = 0; i < r->kept.n; i++) {
		const struct event *ev = sorted[i];
		struct buf *out = &r->page.out;

		if (r->options.quiet && ev->level == LEVEL_OK && !ev->warning)
			continue;
		buf_putc(out, '[');
		report_upper(
			out, ev->kind == EVENT_WARNING ? "note" : level_name(ev->level));
		buf_puts(out, "] ");
		put_event(out, r, ev);
		buf_putc(out, '\n');
	}
}

/* ---- performance data ---- */

/* How much of what it was asked by a label tells: "linode/postfix/SMTP", with the rest. */
enum depth { SHORT, ADDRESS, WHOLE };

static char *label_of(const struct event *ev, enum depth depth)
{
	const char *const parts[] = { ev->certificate, ev->host, ev->service, ev->protocol,
		depth >= ADDRESS ? ev->address : NULL, depth >= WHOLE ? ev->name : NULL,
		depth >= WHOLE ? ev->key : NULL };
	AUTO(buf) struct buf label = BUF_EMPTY;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i])
			buf_printf(&label, "%s%s", label.len > 0 ? "/" : "", parts[i]);
	for (char *c = label.data; *c; c++)
		if (strchr("'=|", *c))
			*c = '_';
	return buf_take(&label);
}

/* Days, with hundredths where there are some; never more than there are. */
static void put_days(struct buf *out, time_t seconds)
{
	long long hundredths = (long long)seconds * 100 / 86400;

	if (hundredths * 86400 > (long long)seconds * 100)
		hundredths--;
	buf_printf(out, "%.2f", (double)hundredths / 100);
	while (out->data[out->len - 1] == '0')
		buf_truncate(out, out->len - 1);
	if (out->data[out->len - 1] == '.')
		buf_truncate(out, out->len - 1);
}

static void put_left(
	struct buf *out, const struct report *r, const struct event *ev, const char *label)
{
	const time_t end = event_end(ev);

	buf_printf(out, " '%s days'=", label);
	if (!end) {
		buf_putc(out, 'U');
		return;
	}
	put_days(out, end - report_now(r));
	/* ranges: an alert below that */
	buf_putc(out, ';');
	put_days(out, ev->warn);
	buf_puts(out, ":;");
	put_days(out, ev->crit);
	buf_putc(out, ':');
}

static bool is_alone(char *const *labels, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (i != at && text_eq(labels[i], labels[at]))
			return false;
	return true;
}

/* The label that is enough for those that none of the labels of less depth was. */
static void choose(const struct kept *k, enum depth depth, char **chosen)
{
	char **labels = xcalloc(k->n + 1, sizeof *labels);

	for (size_t i = 0; i < k->n; i++)
		if (kinds[k->list[i].kind].measured)
			labels[i] = label_of(&k->list[i], depth);
	for (size_t i = 0; i < k->n; i++)
		if (labels[i] && !chosen[i] &&
			(depth == WHOLE || is_alone(labels, k->n, i)))
			chosen[i] = xstrdup(labels[i]);
	for (size_t i = 0; i < k->n; i++)
		free(labels[i]);
	free(labels);
}

/* In the order in which they were told, so that it is the same in each run. */
static void put_performance(struct buf *out, const struct report *r)
{
	const struct kept *k = &r->kept;
	char **labels = xcalloc(k->n + 1, sizeof *labels);
	bool begun = false;

	for (int depth = SHORT; depth <= WHOLE; depth++)
		choose(k, (enum depth)depth, labels);
	for (size_t i = 0; i < k->n; i++) {
		if (!labels[i])
			continue;
		buf_puts(out, begun ? "" : " |");
		begun = true;
		put_left(out, r, &k->list[i], labels[i]);
		free(labels[i]);
	}
	free(labels);
}

/* ---- the first line ---- */

static int rank(enum event_level level)
{
	static const int ranks[] = {
		[LEVEL_OK] = 0,
		[LEVEL_UNKNOWN] = 1,
		[LEVEL_WARNING] = 2,
		[LEVEL_CRITICAL] = 3,
	};

	return ranks[level];
}

/* The worst first; those that are alike as they were told, which is as they lie. */
static int compare(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a;
	const struct event *y = *(const struct event *const *)b;

	if (x->level != y->level)
		return rank(y->level) - rank(x->level);
	return x < y ? -1 : x > y;
}

static const struct event **sort(const struct kept *k)
{
	const struct event **sorted = xcalloc(k->n + 1, sizeof *sorted);

	for (size_t i = 0; i < k->n; i++)
		sorted[i] = &k->list[i];
	qsort(sorted, k->n, sizeof *sorted, compare);
	return sorted;
}

struct sum {
	size_t checked, bad;
	const struct event *first; /* to end, of those that were checked */
	const struct event *wrong; /* that kept it from being checked */
};

static struct sum sum_up(const struct kept *k)
{
	struct sum s = { 0 };

	for (size_t i = 0; i < k->n; i++) {
		const struct event *ev = &k->list[i];

		if (ev->kind == EVENT_ERROR && !s.wrong)
			s.wrong = ev;
		if (!kinds[ev->kind].counted)
			continue;
		s.checked++;
		s.bad += ev->level != LEVEL_OK;
		if (event_end(ev) && (!s.first || event_end(ev) < event_end(s.first)))
			s.first = ev;
	}
	return s;
}

static void put_well(struct buf *out, const struct report *r, const struct sum *s)
{
	buf_printf(out, "%zu checked", s->checked);
	if (s->first) {
		buf_puts(out, ", the first to end: ");
		put_event(out, r, s->first);
	}
}

static void put_worst(struct buf *out, const struct report *r, const struct sum *s,
	const struct event *worst)
{
	put_event(out, r, worst);
	if (s->bad > 1)
		buf_printf(out, " (and %zu more of %zu)", s->bad - 1, s->checked);
}

/* More than 1 is no verdict: usage, settings, a lock, an interruption. */
static enum event_level level_at_end(int status, const struct event *worst)
{
	const enum event_level level = worst ? worst->level : LEVEL_OK;

	if (status > 1 || (status == 1 && level == LEVEL_OK))
		return LEVEL_UNKNOWN;
	return level;
}

static void put_headline(struct buf *out, const struct report *r, enum event_level level,
	const struct event *worst)
{
	const struct sum s = sum_up(&r->kept);

	buf_puts(out, "CERTPUSH ");
	report_upper(out, level_name(level));
	buf_puts(out, " - ");
	if (level == LEVEL_OK)
		put_well(out, r, &s);
	else if (level != LEVEL_UNKNOWN || (worst && worst->level == level && !s.wrong))
		put_worst(out, r, &s, worst);
	else if (s.wrong)
		put_event(out, r, s.wrong);
	else
		buf_puts(out, "interrupted");
}

int nagios_finish(struct report *r, int status)
{
	const struct event **sorted;
	enum event_level level;

	if (r->document && r->kept.n == 0)
		return status > 1 ? LEVEL_UNKNOWN : status;
	sorted = sort(&r->kept);
	level = level_at_end(status, sorted[0]);
	put_headline(&r->page.out, r, level, sorted[0]);
	put_performance(&r->page.out, r);
	buf_putc(&r->page.out, '\n');
	if (r->kept.n > 1)
		put_lines(r, sorted);
	free(sorted);
	return (int)level;
}
