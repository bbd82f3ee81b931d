/*
 * What a host answers over SFTP while a directory is put and removed. The first byte is how
 * many bytes arrive at a time.
 */
#include "ssh/private/staging.h"
#include "ssh/tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ssh_file files[] = { { "key", "12345", 5 }, { "none", "", 0 } };
	struct tape t = { data + 1, len ? len - 1 : 0, 0, len ? data[0] + 1U : 1 };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ tape_move, &t });
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
