#include "base/alloc.h"
#include "base/text.h"
#include "cert/render.h"
#include "plan/plan.h"

#include <string.h>

struct rendering {
	const struct bundle *bundle;
	const struct file *file; /* the first that wanted it */
	struct buf text;
};

struct contents {
	struct rendering **list; /* each stays where it is */
	size_t n;
};

static void rendering_free(struct rendering *r)
{
	if (r)
		buf_clear(&r->text);
	free(r);
}
DEFINE_AUTO(struct rendering, rendering, rendering_free)

struct contents *contents_new(void)
{
	return xcalloc(1, sizeof(struct contents));
}

void contents_free(struct contents *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		rendering_free(c->list[i]);
	free(c->list);
	free(c);
}

/* A part as the store has it; NULL of one that must be rendered. */
static const struct buf *stored(const struct bundle *b, enum part part)
{
	const struct buf *const texts[] = {
		[PART_PRIVKEY] = &b->privkey_pem,
		[PART_CERT] = &b->cert_pem,
		[PART_CHAIN] = &b->chain_pem,
		[PART_FULLCHAIN] = &b->fullchain_pem,
	};

	return part < ARRAY_LEN(texts) ? texts[part] : NULL;
}

static bool same_wish(const struct file *a, const struct file *b)
{
	return a->part == b->part && a->n_order == b->n_order &&
		(a->n_order == 0 ||
			memcmp(a->order, b->order, a->n_order * sizeof *a->order) == 0) &&
		text_eq(a->passphrase.file, b->passphrase.file) &&
		text_eq(a->passphrase.env, b->passphrase.env) &&
		text_eq(a->passphrase.command, b->passphrase.command);
}

const struct buf *contents_find(
	const struct contents *c, const struct bundle *b, const struct file *f)
{
	const struct buf *text = stored(b, f->part);

	for (size_t i = 0; !text && i < c->n; i++)
		if (c->list[i]->bundle == b && same_wish(c->list[i]->file, f))
			text = &c->list[i]->text;
	return text;
}

typedef bool render(const struct bundle *b, const struct file *f, const char *passphrase,
	struct buf *out, struct err *e);

static bool combined(const struct bundle *b, const struct file *f, const char *passphrase,
	struct buf *out, struct err *e)
{
	(void)passphrase;
	(void)e;
	for (size_t i = 0; i < f->n_order; i++) {
		const struct buf *text = stored(b, f->order[i]);

		buf_add(out, text->data, text->len);
		if (out->len > 0 && out->data[out->len - 1] != '\n')
			buf_putc(out, '\n');
	}
	return true;
}

static bool pkcs12(const struct bundle *b, const struct file *f, const char *passphrase,
	struct buf *out, struct err *e)
{
	return render_pkcs12(&b->chain, b->key, f->certificate, passphrase, out, e);
}

static bool der(const struct bundle *b, const struct file *f, const char *passphrase,
	struct buf *out, struct err *e)
{
	(void)f;
	(void)passphrase;
	(void)e;
	cert_der(b->chain.certs[0], out);
	return true;
}

static bool privkey_der(const struct bundle *b, const struct file *f,
	const char *passphrase, struct buf *out, struct err *e)
{
	(void)f;
	(void)passphrase;
	return render_key_der(b->key, out, e);
}

static render *const renders[] = {
	[PART_COMBINED] = combined,
	[PART_PKCS12] = pkcs12,
	[PART_DER] = der,
	[PART_PRIVKEY_DER] = privkey_der,
};

bool contents_add(struct contents *c, const struct bundle *b, const struct file *f,
	const char *passphrase, struct err *e)
{
	AUTO(rendering) struct rendering *r = xcalloc(1, sizeof *r);

	*r = (struct rendering){ b, f, BUF_EMPTY };
	if (!renders[f->part](b, f, passphrase, &r->text, e))
		return false;
	GROW(c->list, c->n);
	c->list[c->n++] = TAKE(r);
	return true;
}
