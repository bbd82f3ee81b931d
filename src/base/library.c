#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(
	const char *soname, const char *const *names, size_t n, void *calls, struct err *e)
{
	void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
	char *to = calls;

	if (!library)
		return err_set(e, ERR_IO, "%s", dlerror());
	for (size_t i = 0; i < n; i++) {
		void *at = dlsym(library, names[i]);

		if (!at)
			return err_set(e, ERR_IO, "%s", dlerror());
		memcpy(to + i * sizeof at, &at, sizeof at);
	}
	return true;
}
