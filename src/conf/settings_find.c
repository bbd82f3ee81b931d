#include "conf/settings.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>

/* The XDG base directory specification: a relative value doesn't count. */
static char *xdg_file(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME");

	return fs_join(dir && *dir == '/' ? dir : "~/.config", "certpush/certpush.yml");
}

char *settings_find(const char *given, struct err *e)
{
	AUTO(str) char *own = xdg_file();
	const char *const places[] = { "certpush.yml", own, "/etc/certpush/certpush.yml" };

	if (!given)
		given = getenv("CERTPUSH_CONFIG");
	if (given && *given)
		return xstrdup(given);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (fs_exists(places[i]))
			return xstrdup(places[i]);
	err_set(e, ERR_USAGE,
		"no settings: there is no %s, no %s and no %s; -c FILE names another file",
		places[0], places[1], places[2]);
	return NULL;
}
