#include "conf/playbook.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/service.h"

#include <string.h>

struct loader {
	struct arena *a;
	struct playbooks p; /* the list is malloc'ed while it grows */
	size_t first;       /* of the directory at hand */
	struct errs *all;
};

static void loader_clear(struct loader *l)
{
	free(l->p.list);
}

DEFINE_AUTO_VALUE(struct loader, loader, loader_clear)

static const struct service *find(const struct playbook *list, size_t n, const char *name,
	const struct playbook **whose)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < list[i].n_services; k++)
			if (text_eq(list[i].services[k].name, name)) {
				if (whose)
					*whose = &list[i];
				return &list[i].services[k];
			}
	return NULL;
}

/* Twice in one directory is a mistake; over directories the first one wins. */
static bool check_double(const struct loader *l, const struct playbook *book)
{
	const struct service *s = &book->services[book->n_services];
	const struct service *other = find(book, 1, s->name, NULL);

	if (!other)
		other = find(l->p.list + l->first, l->p.n - l->first, s->name, NULL);
	if (!other)
		return true;
	return err_at(errs_next(l->all), s->pos,
		"a second service '%s': the first is in %s, line %d", s->name,
		other->pos.file, other->pos.line);
}

static bool read_services(struct loader *l, const struct node *root, struct playbook *book)
{
	bool ok = true;
	struct err e;

	if (!node_is_sequence(
		    root, "playbook", "a list of services (- service: NAME)", &e)) {
		*errs_next(l->all) = e;
		return false;
	}
	book->services = arena_calloc(l->a, root->n, sizeof *book->services);
	for (size_t i = 0; i < root->n; i++) {
		if (service_read(l->a, root->items[i], l->p.protocols,
			    &book->services[book->n_services], l->all) &&
			check_double(l, book))
			book->n_services++;
		else
			ok = false;
	}
	return ok;
}

static bool load_file(struct loader *l, const char *path, const char *name)
{
	struct playbook book = { .name = name, .file = arena_strdup(l->a, path) };
	const struct node *root;
	struct err e;

	for (size_t i = l->first; i < l->p.n; i++)
		if (text_eq(l->p.list[i].name, name))
			return err_at(errs_next(l->all), (struct pos){ book.file, 1, 1 },
				"a second playbook '%s': the first is %s", name,
				l->p.list[i].file);
	root = yaml_load_file(l->a, path, &e);
	if (!root) {
		*errs_next(l->all) = e;
		return false;
	}
	if (!read_services(l, root, &book))
		return false;
	GROW(l->p.list, l->p.n);
	l->p.list[l->p.n++] = book;
	return true;
}

/* "postfix" of "postfix.yml"; NULL for what is no playbook. */
static const char *stem(struct arena *a, const char *name)
{
	static const char *const endings[] = { ".yml", ".yaml" };

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (name[0] != '.' && text_ends(name, endings[i]))
			return arena_strndup(a, name, strlen(name) - strlen(endings[i]));
	return NULL;
}

static bool load_dir(struct loader *l, const struct playbook_dir *dir)
{
	char **names = NULL;
	size_t n = 0;
	bool ok = true;
	struct err e;

	if (dir->optional && !fs_exists(dir->path))
		return true;
	if (!fs_names(dir->path, &names, &n, &e)) {
		*errs_next(l->all) = e;
		return false;
	}
	l->first = l->p.n;
	for (size_t i = 0; i < n; i++) {
		const char *name = stem(l->a, names[i]);
		AUTO(str) char *path = fs_join(dir->path, names[i]);

		if (name && !load_file(l, path, name))
			ok = false;
	}
	fs_names_free(names, n);
	return ok;
}

const struct playbooks *playbooks_load(struct arena *a, const struct playbook_dir *dirs,
	size_t n, const struct protocols *protocols, struct errs *all)
{
	AUTO(loader)
	struct loader l = { .a = a, .p = { .protocols = protocols }, .all = all };
	struct playbooks *p;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		if (!load_dir(&l, &dirs[i]))
			ok = false;
	if (!ok)
		return NULL;
	p = arena_copy(a, &l.p, 1, sizeof l.p);
	p->list = arena_copy(a, l.p.list, l.p.n, sizeof *l.p.list);
	return p;
}

const struct service *playbooks_service(
	const struct playbooks *p, const char *name, const struct playbook **playbook)
{
	return find(p->list, p->n, name, playbook);
}
