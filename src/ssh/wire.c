#include "ssh/private/wire.h"

#include <string.h>

void put_u32(struct buf *b, uint32_t v)
{
	const uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	buf_add(b, bytes, sizeof bytes);
}

void put_bytes(struct buf *b, const void *data, size_t len)
{
	put_u32(b, (uint32_t)len);
	buf_add(b, data, len);
}

void put_text(struct buf *b, const char *s)
{
	put_bytes(b, s, strlen(s));
}

const uint8_t *take(struct reader *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

uint32_t take_u32(struct reader *r)
{
	const uint8_t *p = take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		 : 0;
}

const char *take_bytes(struct reader *r, size_t *len)
{
	*len = take_u32(r);
	return (const char *)take(r, *len);
}
