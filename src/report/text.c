/*
 * What a person reads, in the manner of Ansible's default callback.
 */
#include "base/text.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "report/private/report.h"

#include <string.h>

#define GREEN  "\x1b[0;32m"
#define YELLOW "\x1b[0;33m"
#define RED    "\x1b[0;31m"
#define BRIGHT "\x1b[1;31m"
#define BLUE   "\x1b[0;34m"
#define PURPLE "\x1b[1;35m"
#define PLAIN  "\x1b[0m"

#define HOST_COLUMNS 12 /* at least; so that a recap fits in 80 */
#define BANNER_MAX   79

/* How one kind is shown. */
struct form {
	const char *word;     /* "changed" */
	const char *dry_word; /* "would change"; NULL: the same */
	const char *colour;   /* NULL: none */
	void (*rest)(struct buf *line, const struct report *r, const struct event *ev);
	int verbose;      /* shown from so many -v on … */
	bool in_plan;     /* … or if it's dry … */
	bool with_detail; /* … or if there is more to say than usual */
	/* NULL: "word: rest", on one line */
	void (*show)(struct report *r, const struct event *ev, const struct form *form);
};

static void who(struct buf *line, const struct event *ev)
{
	const char *name = ev->host ? ev->host : ev->certificate;

	if (!name)
		name = ev->ca;
	if (name)
		buf_printf(line, "[%s]", name);
}

static void served(struct buf *line, time_t not_after)
{
	if (not_after)
		buf_printf(line, " notAfter=%s", time_openssl(not_after).s);
}

static void detail(
	struct buf *line, const char *before, const struct event *ev, const char *after)
{
	if (ev->detail)
		buf_printf(line, "%s%s%s", before, ev->detail, after);
}

static void set_expiry(struct buf *line, const struct report *r, const struct event *ev)
{
	time_t left = ev->not_after - report_now(r);

	buf_printf(line, "[%s]", ev->certificate ? ev->certificate : "");
	if (ev->not_after && left >= 0)
		buf_printf(line, " expires in %s (%s)", time_span(left).s,
			time_openssl(ev->not_after).s);
	else if (ev->not_after)
		buf_printf(line, " expired %s ago (%s)", time_span(-left).s,
			time_openssl(ev->not_after).s);
	detail(line, ": ", ev, "");
}

static void set_issued(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	buf_printf(line, "[%s]", ev->certificate ? ev->certificate : "");
	served(line, ev->not_after);
	detail(line, ": ", ev, "");
}

static void set_revoked(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	detail(line, " (", ev, ")");
}

static void set_account(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	buf_printf(line, " => %s", ev->verdict ? ev->verdict : "unknown");
	if (ev->address)
		buf_printf(line, " %s", ev->address);
	detail(line, " (", ev, ")");
}

static void set_record(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	if (ev->item)
		buf_printf(line, " %s.", ev->item);
	detail(line, " ", ev, "");
}

static void service(struct buf *line, const struct event *ev)
{
	who(line, ev);
	if (ev->service)
		buf_printf(line, " => %s", ev->service);
}

static void set_service(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	service(line, ev);
	detail(line, ": ", ev, "");
}

static void set_file(struct buf *line, const struct report *r, const struct event *ev)
{
	service(line, ev);
	if (ev->item)
		buf_printf(line, " %s", ev->item);
	if (ev->dry || r->options.verbose > 0)
		detail(line, " (", ev, ")");
	if (r->options.verbose > 0 && ev->fingerprint && ev->old_fingerprint)
		buf_printf(line, " SHA-256 %.16s -> %.16s", ev->old_fingerprint,
			ev->fingerprint);
}

static void set_command(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	service(line, ev);
	if (ev->item)
		buf_printf(line, " (%s)", ev->item);
	detail(line, ": ", ev, "");
}

static void set_verified(struct buf *line, const struct report *r, const struct event *ev)
{
	service(line, ev);
	if (ev->protocol)
		buf_printf(line, " %s", ev->protocol);
	if (ev->address && r->options.verbose > 0)
		buf_printf(line, " %s", ev->address);
	served(line, ev->not_after);
	detail(line, ": ", ev, "");
}

static void set_owed(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	buf_printf(line, " owed until %s", time_weekday(ev->until).s);
	detail(line, " (", ev, ")");
}

static void set_trusted(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	buf_printf(line, " => %s %s in %s", ev->item ? ev->item : "key",
		ev->fingerprint ? ev->fingerprint : "", ev->path ? ev->path : "");
	detail(line, " (", ev, ")");
}

static void set_failure(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	who(line, ev);
	buf_puts(line, line->data[line->len - 1] == ']' ? " " : "");
	buf_puts(line, ev->kind == EVENT_UNREACHABLE ? "UNREACHABLE!" : "FAILED!");
	if (ev->service)
		buf_printf(line, " %s:", ev->service);
	detail(line, " ", ev, "");
}

static void set_message(struct buf *line, const struct report *r, const struct event *ev)
{
	(void)r;
	report_subject(line, ev);
	detail(line, "", ev, "");
}

static void set_error(struct buf *line, const struct report *r, const struct event *ev)
{
	const struct pos *pos = ev->pos;

	(void)r;
	if (pos && pos->file && pos->line > 0) {
		buf_printf(line, "%s:%d:", pos->file, pos->line);
		if (pos->col > 0)
			buf_printf(line, "%d:", pos->col);
		buf_putc(line, ' ');
	}
	detail(line, "", ev, "");
}

/* The one place where text goes to the page, and where strangers' text is tamed. */
static void paint(struct report *r, struct buf *out, const char *colour, struct buf *line)
{
	text_tame(line->data);
	if (r->options.colour && colour)
		buf_printf(out, "%s%s" PLAIN "\n", colour, line->data);
	else
		buf_printf(out, "%s\n", line->data);
}

static void show_server(struct report *r, const struct event *ev, const struct form *form)
{
	static const struct columns narrow = { 0 };
	const struct columns *wide = ev->columns ? ev->columns : &narrow;
	const char *address = ev->address ? ev->address : "";
	const char *verdict = ev->verdict ? ev->verdict : "";
	AUTO(buf) struct buf line = BUF_EMPTY;

	buf_printf(&line, "    %-*s  %-*s  %-*s  %s", wide->host, ev->host ? ev->host : "",
		wide->address, address, wide->verdict, verdict,
		ev->detail ? ev->detail : "");
	while (line.data[line.len - 1] == ' ')
		buf_truncate(&line, line.len - 1);
	paint(r, &r->page.err, form->colour, &line);
}

static void banner(struct report *r, const char *title)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	size_t width = (size_t)report_width(r);

	if (width > BANNER_MAX)
		width = BANNER_MAX;
	buf_printf(&line, "%s ***", title);
	while (line.len < width)
		buf_putc(&line, '*');
	buf_putc(&r->page.out, '\n');
	paint(r, &r->page.out, NULL, &line);
}

static void section_begins(struct report *r, const struct event *ev)
{
	free(r->section);
	r->section = ev->detail && !r->options.quiet ? xstrdup(ev->detail) : NULL;
}

/* The banner that waited goes out, unless what follows has no need of it. */
static void section_shows(struct report *r, enum event_kind kind)
{
	AUTO(str) char *title = TAKE(r->section);

	if (title && kind != EVENT_SUMMARY && kind != EVENT_RECAP && kind != EVENT_ERROR)
		banner(r, title);
}

/* "192.0.2.7:25" and "[2001:db8::1]:25" without the port. */
static void bare_address(struct buf *line, const char *address)
{
	const char *end = strrchr(address, *address == '[' ? ']' : ':');

	if (*address == '[')
		address++;
	buf_add(line, address,
		end && end > address ? (size_t)(end - address) : strlen(address));
}

/* linode (192.0.2.7): once, before its first line. */
static void heading(struct report *r, struct buf *out, const struct event *ev)
{
	AUTO(buf) struct buf line = BUF_EMPTY;

	if (ev->alone || !ev->host || text_eq(r->heading, ev->host))
		return;
	free(r->heading);
	r->heading = xstrdup(ev->host);
	buf_puts(&line, ev->host);
	if (ev->address && !ev->several) {
		buf_puts(&line, " (");
		bare_address(&line, ev->address);
		buf_putc(&line, ')');
	}
	paint(r, out, NULL, &line);
}

/* What is served is right, but not for long any more. */
static void near_end(struct buf *line, const struct report *r, const struct event *ev)
{
	const time_t end = event_end(ev);
	const time_t left = end - report_now(r);

	buf_printf(line, " (%sexpires in %s", end < ev->not_after ? "its chain " : "",
		time_span(left > 0 ? left : 0).s);
	if (end < ev->not_after)
		buf_printf(line, ", %s", time_openssl(end).s);
	buf_putc(line, ')');
}

/* " (TLSv1.3 TLS_AES_256_GCM_SHA384, p256, ecdsa-with-SHA256)" */
static void technicalities(struct buf *line, const struct event *ev)
{
	const char *const all[] = { ev->tls, ev->key_type, ev->signature };
	const char *between = " (";

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i]) {
			buf_printf(line, "%s%s", between, all[i]);
			between = ", ";
		}
	if (*between == ',')
		buf_putc(line, ')');
}

static void set_probe(struct buf *line, const struct report *r, const struct event *ev)
{
	const bool right = text_eq(ev->verdict, "ok");
	const bool ends = right && ev->level != LEVEL_OK;
	const char *word = ev->verdict ? ev->verdict : "unknown";

	buf_printf(line, "%s%s%s: ", ev->protocol ? ev->protocol : "TLS",
		ev->item ? " " : "", ev->item ? ev->item : "");
	report_upper(line, ends ? level_name(ev->level) : word);
	served(line, ev->not_after);
	if (ev->address && (ev->several || r->options.verbose > 0))
		buf_printf(line, " %s", ev->address);
	if (ends)
		near_end(line, r, ev);
	detail(line, " (", ev, ")");
	if (r->options.verbose > 0)
		technicalities(line, ev);
}

static const char *colour_of_probe(const struct event *ev)
{
	if (!event_is_trouble(ev))
		return GREEN;
	return ev->level == LEVEL_WARNING ? YELLOW : RED;
}

static void show_probe(struct report *r, const struct event *ev, const struct form *form)
{
	struct buf *out = r->options.quiet ? &r->page.err : &r->page.out;
	AUTO(buf) struct buf line = BUF_EMPTY;

	heading(r, out, ev);
	buf_puts(&line, "    ");
	form->rest(&line, r, ev);
	paint(r, out, colour_of_probe(ev), &line);
	if (ev->warning) {
		buf_reset(&line);
		buf_printf(&line, "        warning: %s", ev->warning);
		paint(r, out, PURPLE, &line);
	}
}

/* What isn't known yet stands out. */
static void show_host_key(struct report *r, const struct event *ev, const struct form *form)
{
	const bool bad = event_is_trouble(ev);
	struct buf *out = r->options.quiet ? &r->page.err : &r->page.out;
	AUTO(buf) struct buf word = BUF_EMPTY, line = BUF_EMPTY;

	(void)form;
	heading(r, out, ev);
	if (bad)
		report_upper(&word, ev->verdict ? ev->verdict : "unknown");
	else
		buf_puts(&word, ev->verdict);
	buf_printf(&line, "    %-8s %-20s %s", word.data, ev->item ? ev->item : "",
		ev->fingerprint ? ev->fingerprint : "");
	if (ev->path)
		buf_printf(&line, "  %s", ev->path);
	detail(&line, "  (", ev, ")");
	paint(r, out, bad ? YELLOW : GREEN, &line);
}

static void count(struct report *r, struct buf *out, const char *name, int n,
	const char *colour, int columns)
{
	const bool coloured = r->options.colour && n > 0;

	buf_printf(out, "%s%s=%-*d%s", coloured ? colour : "", name, columns, n,
		coloured ? PLAIN : "");
}

static const char *colour_of(const struct recap *c)
{
	if (c->failed || c->unreachable)
		return RED;
	return c->changed ? YELLOW : GREEN;
}

static void show_recap(struct report *r, const struct event *ev, const struct form *form)
{
	struct buf *out = &r->page.out;
	AUTO(str) char *host = xstrdup(ev->host ? ev->host : "");
	const struct recap *c = ev->recap;

	(void)form;
	if (!c)
		return;
	if (!r->in_recap)
		banner(r, ev->dry ? "RECAP [DRY RUN]" : "RECAP");
	r->in_recap = true;
	text_tame(host);
	buf_printf(out, "%s%-*s%s : ", r->options.colour ? colour_of(c) : "",
		c->columns > HOST_COLUMNS ? c->columns : HOST_COLUMNS, host,
		r->options.colour ? PLAIN : "");
	count(r, out, "ok", c->ok, GREEN, 3);
	count(r, out, "changed", c->changed, YELLOW, 3);
	count(r, out, "reloaded", c->reloaded, YELLOW, 3);
	count(r, out, "verified", c->verified, GREEN, 3);
	count(r, out, "unreachable", c->unreachable, BRIGHT, 2);
	count(r, out, "failed", c->failed, RED, 0);
	if (c->owed > 0) {
		buf_putc(out, ' ');
		count(r, out, "owed", c->owed, BLUE, 0);
	}
	buf_putc(out, '\n');
}

static void show_text(struct report *r, const struct event *ev, const struct form *form)
{
	AUTO(str) char *text = xstrdup(ev->detail ? ev->detail : "");
	size_t len = strlen(text);

	(void)form;
	tame_lines(text);
	buf_add(&r->page.out, text, len);
	if (len > 0 && text[len - 1] != '\n')
		buf_putc(&r->page.out, '\n');
}

/* Results on stdout; what is wrong, and talk about the work, on stderr. */
static struct buf *page_of(struct report *r, const struct event *ev)
{
	if (ev->kind == EVENT_NOTE || ev->kind == EVENT_STEP)
		return &r->page.err;
	if (ev->kind == EVENT_EXPIRY && !r->options.quiet)
		return &r->page.out;
	return event_is_trouble(ev) ? &r->page.err : &r->page.out;
}

static void show_line(struct report *r, const struct event *ev, const struct form *form)
{
	AUTO(buf) struct buf line = BUF_EMPTY;

	if (form->word)
		buf_printf(&line,
			"%s: ", ev->dry && form->dry_word ? form->dry_word : form->word);
	form->rest(&line, r, ev);
	paint(r, page_of(r, ev), form->colour, &line);
}

/* As Ansible colours them. */
static const char *colour_of_line(const char *line)
{
	if (*line == '-')
		return RED;
	return *line == '+' ? GREEN : NULL;
}

static void show_changed(struct report *r, const struct event *ev, const struct form *form)
{
	const char *at = ev->diff ? ev->diff : "";

	show_line(r, ev, form);
	while (*at) {
		const size_t len = strcspn(at, "\n");
		AUTO(buf) struct buf line = BUF_EMPTY;

		buf_add(&line, at, len);
		paint(r, &r->page.out, colour_of_line(line.data), &line);
		at += at[len] ? len + 1 : len;
	}
	if (ev->diff)
		buf_putc(&r->page.out, '\n');
}

static const struct form forms[N_EVENT_KINDS] = {
	[EVENT_STEP] = { .colour = BLUE, .rest = set_message, .verbose = 2 },
	[EVENT_WARNING] = { .word = "[WARNING]", .colour = PURPLE, .rest = set_message },
	[EVENT_NOTE] = { .colour = BLUE, .rest = set_message, .verbose = 1 },
	[EVENT_DUE] = { .word = "due", .colour = YELLOW, .rest = set_expiry },
	[EVENT_CURRENT] = { .word = "current",
		.colour = GREEN,
		.rest = set_expiry,
		.verbose = 1 },
	[EVENT_ISSUED] = { .word = "issued",
		.dry_word = "would issue",
		.colour = YELLOW,
		.rest = set_issued },
	[EVENT_REVOKED] = { .word = "revoked",
		.dry_word = "would revoke",
		.colour = YELLOW,
		.rest = set_revoked },
	[EVENT_RECORD] = { .word = "publish", .colour = YELLOW, .rest = set_record },
	[EVENT_PUBLISHED] = { .word = "published",
		.dry_word = "would publish",
		.colour = YELLOW,
		.rest = set_record },
	[EVENT_WITHDRAWN] = { .word = "withdrawn",
		.dry_word = "would withdraw",
		.colour = YELLOW,
		.rest = set_record },
	[EVENT_SERVER] = { .colour = RED, .show = show_server },
	[EVENT_ACCOUNT] = { .word = "account", .colour = GREEN, .rest = set_account },
	[EVENT_OK] = { .word = "ok",
		.colour = GREEN,
		.rest = set_service,
		.verbose = 1,
		.with_detail = true },
	[EVENT_CHANGED] = { .word = "changed",
		.dry_word = "would change",
		.colour = YELLOW,
		.rest = set_file,
		.show = show_changed },
	[EVENT_BUILT] = { .word = "built",
		.dry_word = "would build",
		.colour = YELLOW,
		.rest = set_command },
	[EVENT_VALIDATED] = { .word = "validated",
		.dry_word = "would validate",
		.colour = GREEN,
		.rest = set_command,
		.verbose = 1,
		.in_plan = true },
	[EVENT_RELOADED] = { .word = "reloaded",
		.dry_word = "would reload",
		.colour = YELLOW,
		.rest = set_command },
	[EVENT_RESTARTED] = { .word = "restarted",
		.dry_word = "would restart",
		.colour = YELLOW,
		.rest = set_command },
	[EVENT_VERIFIED] = { .word = "verified",
		.dry_word = "would verify",
		.colour = GREEN,
		.rest = set_verified },
	[EVENT_PROBE] = { .rest = set_probe, .show = show_probe },
	[EVENT_HOST_KEY] = { .show = show_host_key },
	[EVENT_TRUSTED] = { .word = "trusted", .colour = YELLOW, .rest = set_trusted },
	[EVENT_EXPIRY] = { .word = "expiry", .colour = YELLOW, .rest = set_expiry },
	[EVENT_OWED] = { .word = "window", .colour = BLUE, .rest = set_owed },
	[EVENT_HELD] = { .word = "held", .colour = BLUE, .rest = set_service },
	[EVENT_FAILED] = { .word = "fatal", .colour = RED, .rest = set_failure },
	[EVENT_UNREACHABLE] = { .word = "fatal", .colour = BRIGHT, .rest = set_failure },
	[EVENT_RECAP] = { .show = show_recap },
	[EVENT_SUMMARY] = { .rest = set_message },
	[EVENT_TEXT] = { .show = show_text },
	[EVENT_ERROR] = { .word = "certpush", .colour = RED, .rest = set_error },
};

void text_rest(struct buf *line, const struct report *r, const struct event *ev)
{
	forms[ev->kind].rest(line, r, ev);
}

static bool hidden(
	const struct report_options *o, const struct event *ev, const struct form *form)
{
	if (ev->kind == EVENT_TEXT)
		return false;
	if (o->quiet && !event_is_trouble(ev) && !ev->warning)
		return true;
	if (ev->more && o->verbose == 0)
		return true;
	return o->verbose < form->verbose && !(form->in_plan && ev->dry) &&
		!(form->with_detail && ev->detail);
}

void text_show(struct report *r, const struct event *ev)
{
	const struct form *form = &forms[ev->kind];

	if (ev->kind == EVENT_SECTION)
		section_begins(r, ev);
	if (ev->kind == EVENT_SECTION || hidden(&r->options, ev, form))
		return;
	section_shows(r, ev->kind);
	if (ev->kind != EVENT_PROBE && ev->kind != EVENT_HOST_KEY)
		free(TAKE(r->heading));
	(form->show ? form->show : show_line)(r, ev, form);
	r->in_recap = ev->kind == EVENT_RECAP;
}
