#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "plan/plan.h"

#include <string.h>

/* A value of a stranger's certificate must not look like a line of its own. */
static void line(struct buf *out, char sign, const char *name, const char *value)
{
	AUTO(str) char *tame = xstrdup(value);

	text_tame(tame);
	buf_printf(out, "%c%-12s  %s\n", sign, name, tame);
}

/* NULL: it isn't there. */
static void both(struct buf *out, const char *name, const char *before, const char *after)
{
	if (before && text_eq(before, after)) {
		line(out, ' ', name, after);
		return;
	}
	if (before)
		line(out, '-', name, before);
	if (after)
		line(out, '+', name, after);
}

static void put_subject(struct buf *out, const struct cert *c)
{
	buf_puts(out, cert_subject_name(c));
}

static void put_names(struct buf *out, const struct cert *c)
{
	size_t n;
	const char *const *names = cert_names(c, &n);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", names[i]);
}

static void put_serial(struct buf *out, const struct cert *c)
{
	AUTO(buf) struct buf serial = BUF_EMPTY;

	if (!cert_serial(c, &serial))
		return;
	for (size_t i = 0; i < serial.len; i++)
		buf_printf(out, "%s%02x", i > 0 ? ":" : "", (unsigned char)serial.data[i]);
}

static void put_issuer(struct buf *out, const struct cert *c)
{
	buf_puts(out, cert_issuer_name(c));
}

static void put_not_before(struct buf *out, const struct cert *c)
{
	buf_puts(out, time_openssl(cert_not_before(c)).s);
}

static void put_not_after(struct buf *out, const struct cert *c)
{
	buf_puts(out, time_openssl(cert_not_after(c)).s);
}

static void put_sha256(struct buf *out, const struct cert *c)
{
	const struct sha256 print = cert_sha256(c);

	buf_puts(out, sha256_hex(&print).s);
}

/* All that is told of the first of a file's certificates. */
static const struct {
	const char *name;
	void (*put)(struct buf *out, const struct cert *c);
} facts[] = {
	{ "subject", put_subject },
	{ "names", put_names },
	{ "serial", put_serial },
	{ "issuer", put_issuer },
	{ "notBefore", put_not_before },
	{ "notAfter", put_not_after },
	{ "SHA-256", put_sha256 },
};

/* What a file holds, or is to hold: certificates [from, to) of a chain. */
struct holding {
	const struct chain *chain;
	size_t from, to;
};

static const struct cert *certificate(const struct holding *h, size_t i)
{
	return h->from + i < h->to ? h->chain->certs[h->from + i] : NULL;
}

/* The others in a line each: "SUBJECT, notAfter=…, SHA-256 …". */
static char *in_brief(const struct cert *c)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (!c)
		return NULL;
	put_subject(&text, c);
	buf_puts(&text, ", notAfter=");
	put_not_after(&text, c);
	buf_puts(&text, ", SHA-256 ");
	put_sha256(&text, c);
	return buf_take(&text);
}

static char *count_of(const struct holding *h)
{
	return h->to > h->from ? xasprintf("%zu", h->to - h->from) : NULL;
}

static void first(struct buf *out, const struct cert *before, const struct cert *after)
{
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		AUTO(buf) struct buf a = BUF_EMPTY, b = BUF_EMPTY;

		if (before)
			facts[i].put(&a, before);
		if (after)
			facts[i].put(&b, after);
		both(out, facts[i].name, a.len > 0 ? a.data : NULL,
			b.len > 0 ? b.data : NULL);
	}
}

static void certificates(
	struct buf *out, const struct holding *before, const struct holding *after)
{
	AUTO(str) char *old = count_of(before);
	AUTO(str) char *new = count_of(after);

	first(out, certificate(before, 0), certificate(after, 0));
	both(out, "certificates", old, new);
	for (size_t i = 1; certificate(before, i) || certificate(after, i); i++) {
		AUTO(str) char *name = xasprintf("certificate %zu", i + 1);
		AUTO(str) char *was = in_brief(certificate(before, i));
		AUTO(str) char *is = in_brief(certificate(after, i));

		both(out, name, was, is);
	}
}

static bool has_more_than_leaf(const struct file *f)
{
	for (size_t i = 0; i < f->n_order; i++)
		if (f->order[i] == PART_CHAIN || f->order[i] == PART_FULLCHAIN)
			return true;
	return f->part == PART_CHAIN || f->part == PART_FULLCHAIN || f->part == PART_PKCS12;
}

static struct holding holding_of(const struct file *f, const struct chain *c)
{
	const bool no_leaf = file_holds_certificates(f) && !file_holds_leaf(f);
	struct holding h = { c, no_leaf ? 1 : 0, has_more_than_leaf(f) ? c->n : 1 };

	if (h.from > h.to)
		h.from = h.to;
	return h;
}

/* Nothing of the old one is known: it never leaves the host. */
static void key(struct buf *out, bool was_there, const struct key *k)
{
	struct sha256 public;

	if (was_there)
		line(out, '-', "private key", "another one");
	line(out, '+', "private key", key_name(k));
	if (key_sha256(k, &public))
		line(out, '+', "public key", sha256_hex(&public).s);
}

static void content(struct buf *out, const struct target *t)
{
	const struct seen_file *seen = t->seen;
	const struct file *f = t->file;
	const bool alone = f->part == PART_PRIVKEY || f->part == PART_PRIVKEY_DER;
	const bool there = seen->state == SEEN_FILE;
	const struct holding before = { &seen->held, 0, seen->held.n };
	const struct holding after = holding_of(f, &t->bundle->chain);

	if (file_holds_key(f))
		key(out, there && alone, t->bundle->key);
	if (alone)
		return;
	if (there && seen->held.n == 0)
		line(out, '-', "content",
			file_holds_certificates(f) ? "no certificate" : "another file");
	certificates(out, &before, &after);
}

/* Of a new file, what the settings say. */
static void account(struct buf *out, const struct target *t)
{
	struct drift drift[DRIFTS];
	const size_t n = plan_drift(t, drift);
	AUTO(str) char *mode = xasprintf("%04o", t->file->mode);

	for (size_t i = 0; i < n; i++)
		both(out, drift[i].what, drift[i].before, drift[i].after);
	if (t->seen->state != SEEN_MISSING)
		return;
	both(out, "owner", NULL, t->file->owner);
	both(out, "group", NULL, t->file->group);
	both(out, "mode", NULL, mode);
}

void plan_diff(struct buf *out, const struct target *t)
{
	buf_printf(out, "--- before: %s\n+++ after: %s\n", t->file->path, t->file->path);
	if (t->send)
		content(out, t);
	account(out, t);
}
