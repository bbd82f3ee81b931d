/*
 * wire - RFC 4251 5: how SSH, SFTP and key files write numbers and strings.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

void put_u32(struct buf *b, uint32_t v);
void put_bytes(struct buf *b, const void *data, size_t len); /* a string */
void put_text(struct buf *b, const char *s);

/* What is left of a message. Once short, it stays so, and gives zeros. */
struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};
const uint8_t *take(struct reader *r, size_t len); /* NULL if it is short */
uint32_t take_u32(struct reader *r);
/* A string: points into the message; NULL if it is short. */
const char *take_bytes(struct reader *r, size_t *len);
