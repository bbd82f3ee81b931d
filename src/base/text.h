/*
 * text - comparisons of words that several rooms need.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool text_eq(const char *a, const char *b); /* both NULL are equal */
/* An http:// URL of this machine itself, to which nothing can listen on the way. */
bool text_is_loopback_url(const char *url);
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/* Is it one of a list? */
bool text_among(const char *const *list, size_t n, const char *s);
void text_lower(char *s); /* ASCII only */
/* Is the domain name, its first len bytes, the zone itself or in it, at a label's boundary?
 * In any case, both without a dot at the end. */
bool text_in_zone(const char *name, size_t len, const char *zone);
/* "192.0.2.7", "2001:db8::1"; without a port, brackets or a scope. */
bool text_is_address(const char *s);

/*
 * Make a stranger's text fit for a terminal, a log line and JSON, in place: control
 * characters (newlines too) become blanks, what is no UTF-8 becomes question marks.
 */
void text_tame(char *s);

/*
 * The word nearest to `word` by edit distance, for "did you mean"; NULL if none is near
 * enough. words ends with NULL.
 */
const char *text_nearest(const char *word, const char *const *words);

/* Shell-style pattern (* ? [a-z]) over the whole of s. */
bool text_glob(const char *pattern, const char *s);
