/*
 * The text format of Prometheus, as the textfile collector of its node exporter reads it:
 * all samples of a family together, each with labels of its own.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "report/private/report.h"

#include <string.h>

#define READABLE 0644 /* the node exporter is another user */

void prometheus_show(struct report *r, const struct event *ev)
{
	static const bool measured[N_EVENT_KINDS] = {
		[EVENT_PROBE] = true,
		[EVENT_EXPIRY] = true,
		[EVENT_CURRENT] = true,
		[EVENT_FAILED] = true,
	};

	r->document |= ev->kind == EVENT_TEXT;
	if (measured[ev->kind])
		kept_add(&r->kept, ev);
	/* for cron: what has no number; on stderr, save for a document */
	if (!measured[ev->kind] || ev->kind == EVENT_FAILED)
		text_show(r, ev);
}

/* ---- labels ---- */

static void put_label(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s%s=\"", out->len > 0 ? "," : "", name);
	for (value = value ? value : ""; *value; value++) {
		if (strchr("\\\"", *value))
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '"');
}

static void put_protocol(struct buf *out, const char *title)
{
	AUTO(str) char *protocol = xstrdup(title ? title : "");

	text_lower(protocol);
	put_label(out, "protocol", protocol);
}

/* Whose sample it is; the same labels for all events of a kind. */
static char *labels_of(const struct event *ev)
{
	AUTO(buf) struct buf out = BUF_EMPTY;

	if (ev->certificate)
		put_label(&out, "certificate", ev->certificate);
	if (ev->host) {
		put_label(&out, "host", ev->host);
		put_label(&out, "service", ev->service);
	}
	if (ev->kind == EVENT_PROBE) {
		put_protocol(&out, ev->protocol);
		put_label(&out, "address", ev->address);
		put_label(&out, "name", ev->name);
		put_label(&out, "key", ev->key);
	}
	return buf_take(&out);
}

/* As a scrape by another exporter would have it: "mail.example.net:25". */
static void put_instance(struct buf *out, const struct event *ev)
{
	const char *port = ev->address ? strrchr(ev->address, ':') : NULL;
	AUTO(buf) struct buf instance = BUF_EMPTY;

	buf_printf(&instance, "%s%s", ev->name ? ev->name : ev->host, port ? port : "");
	put_label(out, "instance", instance.data);
}

static void put_instance_and_certificate(struct buf *out, const struct event *ev)
{
	put_instance(out, ev);
	put_label(out, "cn", ev->subject);
	put_label(out, "issuer_cn", ev->issuer);
	put_label(out, "serial_no", ev->serial);
}

static void put_instance_and_chain(struct buf *out, const struct event *ev)
{
	put_instance_and_certificate(out, ev);
	put_label(out, "chain_no", "0");
}

/* ---- values: false where the event has none ---- */

static bool put_time(struct buf *out, time_t t)
{
	if (t)
		buf_printf(out, "%lld", (long long)t);
	return t != 0;
}

static bool is_stored(const struct event *ev)
{
	return ev->kind != EVENT_PROBE && ev->certificate && !ev->host;
}

static bool probe_success(struct buf *out, const struct event *ev)
{
	buf_putc(out, text_eq(ev->verdict, "ok") ? '1' : '0');
	return ev->kind == EVENT_PROBE;
}

static bool probe_duration(struct buf *out, const struct event *ev)
{
	buf_printf(out, "%.6f", ev->seconds);
	return ev->kind == EVENT_PROBE && ev->seconds > 0;
}

static bool matches_store(struct buf *out, const struct event *ev)
{
	buf_putc(out, ev->match == MATCH_YES ? '1' : '0');
	return ev->kind == EVENT_PROBE && ev->match != MATCH_UNKNOWN;
}

static bool probe_not_before(struct buf *out, const struct event *ev)
{
	return ev->kind == EVENT_PROBE && put_time(out, ev->not_before);
}

static bool probe_not_after(struct buf *out, const struct event *ev)
{
	return ev->kind == EVENT_PROBE && put_time(out, ev->not_after);
}

static bool probe_chain(struct buf *out, const struct event *ev)
{
	return ev->kind == EVENT_PROBE && put_time(out, ev->chain_not_after);
}

static bool probe_first(struct buf *out, const struct event *ev)
{
	return ev->kind == EVENT_PROBE && put_time(out, event_end(ev));
}

static bool store_usable(struct buf *out, const struct event *ev)
{
	buf_putc(out, ev->kind == EVENT_FAILED ? '0' : '1');
	return is_stored(ev);
}

static bool store_not_before(struct buf *out, const struct event *ev)
{
	return is_stored(ev) && put_time(out, ev->not_before);
}

static bool store_not_after(struct buf *out, const struct event *ev)
{
	return is_stored(ev) && put_time(out, ev->not_after);
}

static bool owed_not_after(struct buf *out, const struct event *ev)
{
	return ev->kind == EVENT_EXPIRY && ev->host && put_time(out, ev->not_after);
}

/* ---- families ---- */

static const struct family {
	const char *name, *help;
	bool (*value)(struct buf *out, const struct event *ev);
	/* NULL: only the event's own. Others' names have more, and come on request. */
	void (*labels)(struct buf *out, const struct event *ev);
} families[] = {
	{ "certpush_probe_success",
		"Whether what is served is as it should be: trusted, for the name, valid, and the one in the store.",
		probe_success, NULL },
	{ "certpush_probe_duration_seconds", "How long the probe took.", probe_duration,
		NULL },
	{ "certpush_cert_matches_store",
		"Whether the certificate and its chain are those in the store.",
		matches_store, NULL },
	{ "certpush_cert_not_before_timestamp_seconds",
		"Begin of the life of the certificate that is served.", probe_not_before,
		NULL },
	{ "certpush_cert_not_after_timestamp_seconds",
		"End of the life of the certificate that is served.", probe_not_after,
		NULL },
	{ "certpush_chain_not_after_timestamp_seconds",
		"First end of life in the chain that was verified.", probe_chain, NULL },
	{ "certpush_store_cert_usable",
		"Whether the store has the certificate, and it can be read.", store_usable,
		NULL },
	{ "certpush_store_cert_not_before_timestamp_seconds",
		"Begin of the life of the certificate in the store.", store_not_before,
		NULL },
	{ "certpush_store_cert_not_after_timestamp_seconds",
		"End of the life of the certificate in the store.", store_not_after, NULL },
	{ "certpush_owed_cert_not_after_timestamp_seconds",
		"End of the life of a certificate that waits on a host for its window, and ends soon.",
		owed_not_after, NULL },
	/* blackbox_exporter */
	{ "probe_success", "Displays whether or not the probe was a success", probe_success,
		put_instance },
	{ "probe_duration_seconds",
		"Returns how long the probe took to complete in seconds", probe_duration,
		put_instance },
	{ "probe_ssl_earliest_cert_expiry",
		"Returns last SSL chain expiry in unixtime: of leaf and verified chain",
		probe_first, put_instance },
	{ "probe_ssl_last_chain_expiry_timestamp_seconds",
		"Returns last SSL chain expiry in timestamp", probe_chain, put_instance },
	/* ssl_exporter */
	{ "ssl_probe_success", "If the probe was a success", probe_success, put_instance },
	{ "ssl_cert_not_before", "NotBefore expressed as a Unix Epoch Time",
		probe_not_before, put_instance_and_certificate },
	{ "ssl_cert_not_after", "NotAfter expressed as a Unix Epoch Time", probe_not_after,
		put_instance_and_certificate },
	{ "ssl_verified_cert_not_after", "NotAfter expressed as a Unix Epoch Time",
		probe_chain, put_instance_and_chain },
};

/* An event under its own labels. */
struct sample {
	char *labels;
	const struct event *event;
};

static bool is_bad(const struct event *ev)
{
	return ev->kind == EVENT_FAILED ||
		(ev->kind == EVENT_PROBE && !text_eq(ev->verdict, "ok"));
}

/* By labels; of two with the same the one that is wrong comes first. */
static int compare(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	const int order = strcmp(x->labels, y->labels);

	return order ? order : is_bad(y->event) - is_bad(x->event);
}

/* What was told twice would make the whole file invalid. */
static size_t drop_repetitions(struct sample *list, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (left > 0 && strcmp(list[left - 1].labels, list[i].labels) == 0)
			free(list[i].labels);
		else
			list[left++] = list[i];
	}
	return left;
}

static struct sample *collect(const struct kept *k, size_t *n)
{
	struct sample *list = xcalloc(k->n + 1, sizeof *list);

	for (size_t i = 0; i < k->n; i++)
		list[i] = (struct sample){ labels_of(&k->list[i]), &k->list[i] };
	qsort(list, k->n, sizeof *list, compare);
	*n = drop_repetitions(list, k->n);
	return list;
}

static void put_family(
	struct buf *out, const struct family *f, const struct sample *list, size_t n)
{
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		AUTO(buf) struct buf value = BUF_EMPTY, more = BUF_EMPTY;

		if (!f->value(&value, list[i].event))
			continue;
		if (!begun)
			buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", f->name, f->help,
				f->name);
		begun = true;
		if (f->labels)
			f->labels(&more, list[i].event);
		buf_printf(out, "%s{%s%s%s} %s\n", f->name, more.data,
			more.len > 0 ? "," : "", list[i].labels, value.data);
	}
}

static void put_last_run(struct buf *out, const struct report *r)
{
	static const char name[] = "certpush_last_run_timestamp_seconds";
	AUTO(buf) struct buf verb = BUF_EMPTY;

	put_label(&verb, "verb", r->options.verb);
	buf_printf(out,
		"# HELP %s When this was found out.\n# TYPE %s gauge\n%s{%s} %lld\n", name,
		name, name, verb.data, (long long)report_now(r));
}

static bool deliver(struct report *r, const struct buf *text, struct err *e)
{
	if (r->options.file)
		return fs_write(r->options.file, text->data, text->len, READABLE, e);
	buf_add(&r->page.out, text->data, text->len);
	return true;
}

/*
 * Where nothing was found out, for a store that can't be read or the like, the file stays,
 * and its last run tells how old it is.
 */
int prometheus_finish(struct report *r, int status)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct sample *list;
	struct err e = { 0 };
	size_t n;

	if (r->document || status > 1 || (status > 0 && r->kept.n == 0))
		return status;
	list = collect(&r->kept, &n);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (!families[i].labels || r->options.aliases)
			put_family(&text, &families[i], list, n);
	put_last_run(&text, r);
	for (size_t i = 0; i < n; i++)
		free(list[i].labels);
	free(list);
	if (deliver(r, &text, &e))
		return status;
	text_show(r, &(struct event){ .kind = EVENT_ERROR, .detail = e.msg });
	return 1;
}
