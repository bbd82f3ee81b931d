#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/private/report.h"

#include <cjson/cJSON.h>

DEFINE_AUTO(cJSON, json, cJSON_Delete)

static void add(cJSON *object, const char *name, const char *text)
{
	AUTO(str) char *tame = NULL;

	if (!text)
		return;
	/* cJSON hands bytes on that are no UTF-8 */
	tame = xstrdup(text);
	tame_lines(tame);
	cJSON_AddStringToObject(object, name, tame);
}

static void add_texts(cJSON *object, const struct event *ev)
{
	const bool has_level = ev->kind == EVENT_PROBE || ev->kind == EVENT_EXPIRY;
	const struct {
		const char *name, *text;
	} fields[] = { { "certificate", ev->certificate }, { "host", ev->host },
		{ "service", ev->service }, { "ca", ev->ca }, { "item", ev->item },
		{ "path", ev->path }, { "part", ev->part }, { "protocol", ev->protocol },
		{ "address", ev->address }, { "verdict", ev->verdict },
		{ "level", has_level ? level_name(ev->level) : NULL },
		{ "fingerprint", ev->fingerprint }, { "key_type", ev->key_type },
		{ "signature", ev->signature }, { "tls", ev->tls },
		{ "old_fingerprint", ev->old_fingerprint } };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		add(object, fields[i].name, fields[i].text);
}

static void add_list(cJSON *object, const char *name, const char *const *texts)
{
	cJSON *list;

	if (!texts || !*texts)
		return;
	list = cJSON_AddArrayToObject(object, name);
	for (; *texts; texts++) {
		AUTO(str) char *tame = xstrdup(*texts);

		text_tame(tame);
		cJSON_AddItemToArray(list, cJSON_CreateString(tame));
	}
}

static void add_probe(cJSON *object, const struct event *ev)
{
	if (ev->chain_not_after)
		add(object, "chain_not_after", time_rfc3339(ev->chain_not_after).s);
	if (ev->match != MATCH_UNKNOWN)
		cJSON_AddBoolToObject(object, "match", ev->match == MATCH_YES);
	if (ev->seconds > 0)
		cJSON_AddNumberToObject(object, "seconds", ev->seconds);
	add(object, "warning", ev->warning);
}

static void add_recap(cJSON *object, const struct recap *c)
{
	const struct {
		const char *name;
		int n;
	} counts[] = { { "ok", c->ok }, { "changed", c->changed },
		{ "reloaded", c->reloaded }, { "verified", c->verified },
		{ "unreachable", c->unreachable }, { "failed", c->failed },
		{ "owed", c->owed } };
	cJSON *recap = cJSON_AddObjectToObject(object, "recap");

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		cJSON_AddNumberToObject(recap, counts[i].name, counts[i].n);
}

static void add_pos(cJSON *object, const struct pos *pos)
{
	add(object, "file", pos->file);
	cJSON_AddNumberToObject(object, "line", pos->line);
	if (pos->col > 0)
		cJSON_AddNumberToObject(object, "col", pos->col);
}

static bool wanted(const struct report_options *o, const struct event *ev)
{
	if (ev->kind == EVENT_NOTE || ev->kind == EVENT_STEP)
		return o->verbose > 0;
	return !o->quiet || ev->kind == EVENT_TEXT || event_is_trouble(ev) || ev->warning;
}

void json_show(struct report *r, const struct event *ev)
{
	AUTO(json) cJSON *object = NULL;
	AUTO(str) char *line = NULL;

	if (!wanted(&r->options, ev))
		return;
	object = cJSON_CreateObject();
	add(object, "time", time_rfc3339(report_now(r)).s);
	add(object, "event", event_name(ev->kind));
	add_texts(object, ev);
	if (ev->not_after)
		add(object, "not_after", time_rfc3339(ev->not_after).s);
	if (ev->until)
		add(object, "until", time_rfc3339(ev->until).s);
	if (ev->old_not_after)
		add(object, "old_not_after", time_rfc3339(ev->old_not_after).s);
	add_list(object, "names_gained", ev->gained);
	add_list(object, "names_lost", ev->lost);
	if (ev->dry)
		cJSON_AddTrueToObject(object, "dry");
	if (ev->pos && ev->pos->file && ev->pos->line > 0)
		add_pos(object, ev->pos);
	if (ev->recap)
		add_recap(object, ev->recap);
	add_probe(object, ev);
	add(object, "detail", ev->detail);
	add(object, "diff", ev->diff);
	line = cJSON_PrintUnformatted(object);
	if (!line)
		abort();
	buf_printf(&r->page.out, "%s\n", line);
}
