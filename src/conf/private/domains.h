/*
 * domains - certificates: dehydrated's domains.txt, and the checks every certificate gets.
 */
#pragma once

#include "conf/settings.h"

struct certificates {
	struct certificate *list; /* malloc'ed; what it points to is in the arena */
	size_t n;
};

void certificates_clear(struct certificates *c);
DEFINE_AUTO_VALUE(struct certificates, certificates, certificates_clear)

/* Add an initialised one, and return it. */
struct certificate *certificates_add(
	struct certificates *c, const char *name, struct pos pos);

/* A set of names while it is filled: checked, without doubles. */
struct name_list {
	const char *names[CERTIFICATE_MAX_NAMES];
	size_t n;
};
bool name_list_add(struct arena *a, struct name_list *l, const char *text, struct pos pos,
	struct errs *all) NODISCARD;

/* Two entries for one directory are an error. */
bool certificates_check(const struct certificates *c, struct errs *all) NODISCARD;

/*
 * domains.txt, then the *.txt of the directory FILE.d in the order of their names, as
 * dehydrated 0.7.2 reads them (docs/domains_txt.md): "name name … [> alias]"; comments are
 * whole lines. False with errors.
 */
bool domains_load(struct arena *a, const char *file, struct certificates *c,
	struct errs *all) NODISCARD;
/* One file's text. */
bool domains_parse(struct arena *a, const char *text, size_t len, const char *file,
	struct certificates *c, struct errs *all) NODISCARD;
