/*
 * names - subjectAltNames, from and to text.
 *
 * A name in its one spelling: a DNS name in lower case, an address as inet_ntop writes it.
 */
#pragma once

#include "cert/private/openssl.h"

#include <stddef.h>
#include <stdint.h>

/* An address of 4 or 16 bytes; 0 if s is not an address. */
size_t ip_parse(const char *s, uint8_t ip[16]);

/* s in its one spelling, malloc'ed. */
char *name_canonical(const char *s) NODISCARD;

/* Bytes of a stranger as text: what isn't printable is '?' or ' ', so it matches nothing.
 */
char *name_printable(const uint8_t *data, size_t len) NODISCARD;

/* DNS names and addresses of a SAN, which may be NULL; other kinds are left out. */
void names_of(const GENERAL_NAMES *san, char ***names, size_t *n);
void names_free(char **names, size_t n);

/* Equal as sets, in any order and spelling. have is canonical. */
bool names_equal(char *const *have, size_t n_have, const char *const *want, size_t n_want);

/* NULL with *e set if one of them is no DNS name and no address, or is there twice. */
GENERAL_NAMES *names_to_san(const char *const *names, size_t n, struct err *e) NODISCARD;
