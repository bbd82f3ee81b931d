/* A TLSA record, and its text. */
#include "dns/private/tlsa.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = tlsa_rdata_text(data, len);

	if (!text != (len < 4) || (text && strlen(text) < 6 + 2 * (len - 3)))
		abort();
	free(text);
	return 0;
}
