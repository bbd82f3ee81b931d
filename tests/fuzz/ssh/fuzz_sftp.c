/*
 * What a host answers over SFTP while a directory is put and removed. The first byte is how
 * many bytes arrive at a time.
 */
#include "ssh/private/staging.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct tape {
	const uint8_t *bytes;
	size_t len, at, step;
};

static bool move(void *ctx, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	struct tape *t = ctx;
	size_t n = t->len - t->at < t->step ? t->len - t->at : t->step;

	(void)deadline;
	*sent = out->len;
	buf_add(in, t->bytes + t->at, n);
	t->at += n;
	return n > 0 || err_set(e, ERR_NET, "over");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ssh_file files[] = { { "key", "12345", 5 }, { "none", "", 0 } };
	struct tape t = { data + 1, len ? len - 1 : 0, 0, len ? data[0] + 1U : 1 };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ move, &t });
	char *path = NULL;
	struct err e;

	if (staging_put(f, "a/b", files, 2, &path, 0, &e)) {
		sftp_forget(f);
		if (staging_remove(f, "a/b", 0, &e))
			sftp_forget(f);
	}
	free(path);
	return 0;
}
