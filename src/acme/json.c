#include "acme/private/json.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

cJSON *json_read(const struct buf *text)
{
	AUTO(json)
	cJSON *o = cJSON_ParseWithLengthOpts(text->data, text->len + 1, NULL, true);

	return cJSON_IsObject(o) ? TAKE(o) : NULL;
}

const char *json_text(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

bool url_good(const char *url)
{
	enum { LONGEST = 4096 };
	size_t len = strlen(url);

	if (!text_starts(url, "https://") || len > LONGEST || !strchr(url + 8, '/'))
		return false;
	for (; *url; url++)
		if (*url <= 0x20 || *url >= 0x7f || strchr("\"<>\\^`{|}", *url))
			return false;
	return true;
}

bool json_url(const cJSON *o, const char *name, char **url, struct err *e)
{
	const char *text = json_text(o, name);

	if (!text)
		return err_set(e, ERR_PROTOCOL, "'%s' is missing", name);
	if (!url_good(text))
		return err_set(
			e, ERR_PROTOCOL, "'%s' is no https URL: '%.100s'", name, text);
	*url = xstrdup(text);
	return true;
}

char *json_print(const cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);

	if (!text)
		abort(); /* out of memory */
	return text;
}
