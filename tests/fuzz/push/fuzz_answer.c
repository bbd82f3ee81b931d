/* What a host's shell prints, read as an answer of either kind. */
#include "base/buf.h"
#include "push/private/answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char nonce[] = "0123456789abcdef";
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	struct seen_file seen[3] = { 0 };
	struct err e;

	if (len > 65536)
		return 0;
	buf_puts(&text, "certpush 0123456789abcdef\n");
	buf_add(&text, data, len);
	for (size_t n = 0; n <= ARRAY_LEN(seen); n++) {
		if (answer_seen(text.data, nonce, seen, n, &e))
			for (size_t i = 0; i < n; i++)
				if (seen[i].mode > 07777 || seen[i].state > SEEN_OTHER)
					abort();
		seen_clear(seen, n);
	}
	if (answer_story(text.data, nonce, &story, &e) && remote_story_failure(&story) &&
		!remote_story_failure(&story)->text)
		abort();
	return 0;
}
