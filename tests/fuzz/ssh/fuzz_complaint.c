/*
 * What ssh prints, in which a host's banner and name may be anything.
 */
#include "ssh/private/complaint.h"

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ssh_config c = {
		.name = "h", .address = "h", .port = 22, .user = "u"
	};
	const struct known_hosts none = KNOWN_HOSTS_EMPTY;
	AUTO(str) char *log = xstrndup((const char *)data, len);
	struct err e;

	complaint_err(&c, &none, log, &e);
	free(complaint_forward(log, "h:1"));
	return 0;
}
