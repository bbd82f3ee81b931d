#include "base/alloc.h"
#include "http/private/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(str) char *value = xstrndup((const char *)data, len);

	if (retry_after_parse(value, 784111000) < -1)
		abort();
	return 0;
}
