#include "push/passwords.h"

#include "base/alloc.h"
#include "base/text.h"

#include <pthread.h>
#include <string.h>

struct password {
	const struct secret_source *from;
	struct buf text;
	bool ok;
	struct err why;
};

struct passwords {
	pthread_mutex_t lock; /* also while one is read: others may be waiting for it */
	struct password *list;
	size_t n;
};

struct passwords *passwords_new(void)
{
	struct passwords *p = xcalloc(1, sizeof *p);

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void passwords_free(struct passwords *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		buf_clear(&p->list[i].text);
	free(p->list);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static bool same(const struct secret_source *a, const struct secret_source *b)
{
	return text_eq(a->file, b->file) && text_eq(a->env, b->env) &&
		text_eq(a->command, b->command) && text_eq(a->clear, b->clear) &&
		text_eq(a->dir, b->dir);
}

static bool read_line(const struct secret_source *from, struct buf *out, struct err *e)
{
	if (!secret_read(from, out, e))
		return false;
	if (strcspn(out->data, "\r\n") == out->len)
		return true;
	err_at(e, from->pos, "%s: a password is one line of text",
		from->name ? from->name : "secret");
	return false;
}

static const struct password *find(struct passwords *p, const struct secret_source *from)
{
	struct password *new;

	for (size_t i = 0; i < p->n; i++)
		if (same(p->list[i].from, from))
			return &p->list[i];
	GROW(p->list, p->n);
	new = &p->list[p->n++];
	*new = (struct password){ .from = from, .text = BUF_EMPTY };
	new->ok = read_line(from, &new->text, &new->why);
	return new;
}

bool passwords_read(struct passwords *p, const struct secret_source *from, struct buf *out,
	struct err *e)
{
	const struct password *found;
	bool ok;

	pthread_mutex_lock(&p->lock);
	found = find(p, from);
	ok = found->ok;
	if (ok)
		buf_add(out, found->text.data, found->text.len);
	else
		*e = found->why;
	pthread_mutex_unlock(&p->lock);
	return ok;
}
