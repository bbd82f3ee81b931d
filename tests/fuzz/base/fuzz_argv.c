/* Any text is refused, or split into words that hold no more than it had. */
#include "base/alloc.h"
#include "base/child.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(str) char *command = xstrndup((const char *)data, len);
	size_t used = 0, size = strlen(command);
	char **argv = argv_split(command);

	if (!argv)
		return 0;
	if (!argv[0])
		abort();
	for (char **word = argv; *word; word++)
		used += strlen(*word) + 1;
	if (used > size + 1)
		abort();
	free(argv);
	return 0;
}
