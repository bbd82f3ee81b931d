/* What is decoded, encodes to the text it came from, but for blanks and padding. */
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void squeeze(struct buf *out, const char *s, size_t len)
{
	for (; len > 0; s++, len--) {
		if (*s == '-')
			buf_putc(out, '+');
		else if (*s == '_')
			buf_putc(out, '/');
		else if (!strchr(" \t\r\n=", *s))
			buf_putc(out, *s);
	}
}

static void compare(const struct buf *bytes, const char *s, size_t len)
{
	AUTO(buf) struct buf again = BUF_EMPTY;
	AUTO(buf) struct buf want = BUF_EMPTY;
	AUTO(buf) struct buf got = BUF_EMPTY;

	base64_encode(&again, bytes->data, bytes->len);
	squeeze(&got, again.data, again.len);
	squeeze(&want, s, len);
	if (got.len != want.len || memcmp(got.data, want.data, got.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf bytes = BUF_EMPTY;
	bool standard = base64_decode(&bytes, (const char *)data, len);

	if (standard)
		compare(&bytes, (const char *)data, len);
	buf_reset(&bytes);
	if (base64url_decode(&bytes, (const char *)data, len))
		compare(&bytes, (const char *)data, len);
	else if (standard)
		abort();
	return 0;
}
