#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <math.h>
#include <string.h>

cJSON *record_read(const char *path, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(json) cJSON *json = NULL;

	if (!fs_read(path, JSON_MAX, &text, e))
		return NULL;
	json = cJSON_ParseWithLengthOpts(text.data, text.len + 1, NULL, true);
	if (!cJSON_IsObject(json)) {
		err_set(e, ERR_IO, "%s: damaged: not a JSON object", path);
		return NULL;
	}
	return TAKE(json);
}

bool record_write(const char *path, const cJSON *json, struct err *e)
{
	AUTO(str) char *text = cJSON_Print(json);
	AUTO(str) char *line = text ? xasprintf("%s\n", text) : NULL;

	if (!line)
		return err_set(e, ERR_IO, "%s: out of memory", path);
	return fs_write(path, line, strlen(line), 0600, e);
}

bool record_text(const cJSON *json, const char *name, char **out, struct err *e)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

	*out = NULL;
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsString(item))
		return err_set(e, ERR_IO, "damaged: \"%s\" is not a text", name);
	*out = xstrdup(item->valuestring);
	return true;
}

bool record_number(
	const cJSON *json, const char *name, int64_t max, int64_t *out, struct err *e)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

	*out = 0;
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
		item->valuedouble > (double)max ||
		floor(item->valuedouble) < item->valuedouble)
		return err_set(e, ERR_IO,
			"damaged: \"%s\" is not a whole number in its range", name);
	*out = (int64_t)item->valuedouble;
	return true;
}

bool record_time(const cJSON *json, const char *name, time_t *out, struct err *e)
{
	/* The last second of the year 9999; a JSON number holds every one of them exactly.
	 */
	static const int64_t max_time = 253402300799;
	int64_t number;

	if (!record_number(json, name, max_time, &number, e))
		return false;
	*out = number;
	return true;
}

void record_add_text(cJSON *json, const char *name, const char *s)
{
	if (s)
		cJSON_AddStringToObject(json, name, s);
}

void record_add_time(cJSON *json, const char *name, time_t t)
{
	if (t)
		cJSON_AddNumberToObject(json, name, (double)t);
}
