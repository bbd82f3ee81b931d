#include "base/alloc.h"
#include "base/text.h"
#include "plan/planned.h"

#include <cjson/cJSON.h>

DEFINE_AUTO(cJSON, json, cJSON_Delete)

#define VERSION 1
/* What every plan, of whatever version, is known by. */
static const char version_name[] = "certpush_plan";

/* --- writing --- */

static void put_text(cJSON *to, const char *name, const char *text)
{
	if (text)
		cJSON_AddStringToObject(to, name, text);
}

static void put_facts(cJSON *to, const char *name, const struct facts *f)
{
	cJSON *object = cJSON_AddObjectToObject(to, name);

	for (size_t i = 0; i < f->n; i++)
		put_text(object, f->list[i].name, f->list[i].text);
}

static cJSON *put_item(cJSON *list)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddItemToArray(list, item);
	return item;
}

static void put_file(cJSON *to, const struct planned_file *f)
{
	put_text(to, "path", f->path);
	put_text(to, "why", f->why);
	put_facts(to, "wants", &f->wants);
	put_facts(to, "held", &f->held);
}

static void put_service(cJSON *to, const struct planned_service *s)
{
	cJSON *files;

	put_text(to, "service", s->name);
	put_text(to, "reload_why", s->reload_why);
	put_facts(to, "wants", &s->wants);
	files = cJSON_AddArrayToObject(to, "files");
	for (size_t i = 0; i < s->n_files; i++)
		put_file(put_item(files), &s->files[i]);
}

static void put_host(cJSON *to, const struct planned_host *h)
{
	cJSON *services;

	put_text(to, "host", h->name);
	put_facts(to, "login", &h->login);
	services = cJSON_AddArrayToObject(to, "services");
	for (size_t i = 0; i < h->n_services; i++)
		put_service(put_item(services), &h->services[i]);
}

void planned_print(const struct planned *p, struct buf *out)
{
	AUTO(json) cJSON *root = cJSON_CreateObject();
	AUTO(str) char *text = NULL;
	cJSON *hosts;

	cJSON_AddNumberToObject(root, version_name, VERSION);
	put_text(root, "store", p->store);
	hosts = cJSON_AddArrayToObject(root, "hosts");
	for (size_t i = 0; i < p->n_hosts; i++)
		put_host(put_item(hosts), &p->hosts[i]);
	text = cJSON_Print(root);
	if (!text)
		abort();
	buf_printf(out, "%s\n", text);
}

/* --- reading --- */

static bool damaged(const char *name, const char *wanted, struct err *e)
{
	return err_set(e, ERR_CONFIG, "a damaged plan: \"%s\" is missing, or isn't %s",
		name, wanted);
}

static bool get_text(struct arena *a, const cJSON *from, const char *name, bool must,
	const char **out, struct err *e)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, name);

	if (cJSON_IsString(item))
		*out = arena_strdup(a, item->valuestring);
	return cJSON_IsString(item) || (!item && !must) || damaged(name, "a text", e);
}

static bool get_facts(struct arena *a, const cJSON *from, const char *name,
	struct facts *out, struct err *e)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(from, name), *item;

	if (!cJSON_IsObject(object))
		return damaged(name, "an object", e);
	out->list = arena_calloc(a, (size_t)cJSON_GetArraySize(object), sizeof *out->list);
	cJSON_ArrayForEach(item, object)
	{
		if (!cJSON_IsString(item))
			return damaged(item->string, "a text", e);
		out->list[out->n++] = (struct fact){ arena_strdup(a, item->string),
			arena_strdup(a, item->valuestring) };
	}
	return true;
}

static bool get_list(const cJSON *from, const char *name, const cJSON **list, struct err *e)
{
	*list = cJSON_GetObjectItemCaseSensitive(from, name);
	return cJSON_IsArray(*list) || damaged(name, "a list", e);
}

static bool get_file(
	struct arena *a, const cJSON *from, struct planned_file *f, struct err *e)
{
	return get_text(a, from, "path", true, &f->path, e) &&
		get_text(a, from, "why", false, &f->why, e) &&
		get_facts(a, from, "wants", &f->wants, e) &&
		get_facts(a, from, "held", &f->held, e);
}

static bool get_service(
	struct arena *a, const cJSON *from, struct planned_service *s, struct err *e)
{
	const cJSON *list, *item;

	if (!get_text(a, from, "service", true, &s->name, e) ||
		!get_text(a, from, "reload_why", true, &s->reload_why, e) ||
		!get_facts(a, from, "wants", &s->wants, e) ||
		!get_list(from, "files", &list, e))
		return false;
	s->files = arena_calloc(a, (size_t)cJSON_GetArraySize(list), sizeof *s->files);
	cJSON_ArrayForEach(item, list)
	{
		if (!get_file(a, item, &s->files[s->n_files++], e))
			return false;
	}
	return true;
}

static bool get_host(
	struct arena *a, const cJSON *from, struct planned_host *h, struct err *e)
{
	const cJSON *list, *item;

	if (!get_text(a, from, "host", true, &h->name, e) ||
		!get_facts(a, from, "login", &h->login, e) ||
		!get_list(from, "services", &list, e))
		return false;
	h->services =
		arena_calloc(a, (size_t)cJSON_GetArraySize(list), sizeof *h->services);
	cJSON_ArrayForEach(item, list)
	{
		if (!get_service(a, item, &h->services[h->n_services++], e))
			return false;
	}
	return true;
}

/* Of this certpush, and for this store? */
static bool is_ours(const cJSON *root, const char *store, struct err *e)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, version_name);
	const cJSON *of = cJSON_GetObjectItemCaseSensitive(root, "store");

	if (!cJSON_IsObject(root) || !cJSON_IsNumber(version))
		return err_set(e, ERR_CONFIG, "no plan, or one that was cut");
	if (version->valueint != VERSION)
		return err_set(e, ERR_CONFIG,
			"a plan of format %d, which is another version's (this one's is %d): plan again",
			version->valueint, VERSION);
	if (!cJSON_IsString(of) || !text_eq(of->valuestring, store))
		return err_set(e, ERR_CONFIG, "a plan for another store: plan again");
	return true;
}

struct planned *planned_parse(
	struct arena *a, const char *text, size_t len, const char *store, struct err *e)
{
	AUTO(json) cJSON *root = cJSON_ParseWithLengthOpts(text, len + 1, NULL, true);
	const cJSON *list, *item;
	struct planned *p;

	if (!is_ours(root, store, e) || !get_list(root, "hosts", &list, e))
		return NULL;
	p = planned_new(a, store, (size_t)cJSON_GetArraySize(list));
	cJSON_ArrayForEach(item, list)
	{
		if (!get_host(a, item, &p->hosts[p->n_hosts++], e))
			return NULL;
	}
	return p;
}
