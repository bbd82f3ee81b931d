/*
 * generations - those of one certificate: STORE/NAME/generations/STAMP, of which `current`
 * leads to one.
 */
#pragma once

#include "store/private/store.h"

/* Oldest first. */
struct generations {
	char *dir; /* STORE/NAME/generations */
	int64_t *stamps;
	size_t n;
};
void generations_clear(struct generations *g);
DEFINE_AUTO_VALUE(struct generations, generations, generations_clear)

/* Of STORE/NAME, which may have none. *g is zero or such a list before. */
bool generations_list(const char *dir, struct generations *g, struct err *e) NODISCARD;
char *generation_path(const struct generations *g, int64_t stamp) NODISCARD;

/* 0 if s isn't the name of a generation: the second it was made in. */
int64_t generation_stamp(const char *s);
/* The one that `current` leads to; 0 if it leads to none. */
int64_t generation_current(const char *dir);
