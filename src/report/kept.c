#include "report/private/kept.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/text.h"

#define AT(member) offsetof(struct event, member)

static const size_t texts[] = { AT(certificate), AT(host), AT(service), AT(protocol),
	AT(address), AT(verdict), AT(detail), AT(warning), AT(name), AT(key), AT(subject),
	AT(issuer), AT(serial) };

static const char *text_at(const struct event *ev, size_t offset)
{
	return *(const char *const *)((const char *)ev + offset);
}

static void copy_text(
	struct arena *a, struct event *to, const struct event *from, size_t offset)
{
	const char *text = text_at(from, offset);
	char *copy;

	if (!text)
		return;
	copy = arena_strdup(a, text);
	text_tame(copy);
	*(const char **)((char *)to + offset) = copy;
}

static const struct pos *copy_pos(struct arena *a, const struct pos *pos)
{
	struct pos *copy;

	if (!pos || !pos->file)
		return NULL;
	copy = arena_copy(a, pos, 1, sizeof *pos);
	copy->file = arena_strdup(a, pos->file);
	return copy;
}

struct event *kept_add(struct kept *k, const struct event *ev)
{
	struct event *copy;

	if (!k->arena)
		k->arena = arena_new();
	GROW(k->list, k->n);
	copy = &k->list[k->n++];
	*copy = (struct event){
		.kind = ev->kind,
		.level = ev->level,
		.match = ev->match,
		.seconds = ev->seconds,
		.warn = ev->warn,
		.crit = ev->crit,
		.not_before = ev->not_before,
		.not_after = ev->not_after,
		.chain_not_after = ev->chain_not_after,
		.several = ev->several,
		.pos = copy_pos(k->arena, ev->pos),
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		copy_text(k->arena, copy, ev, texts[i]);
	return copy;
}

void kept_clear(struct kept *k)
{
	arena_free(k->arena);
	free(k->list);
	*k = (struct kept){ 0 };
}
