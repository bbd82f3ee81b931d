#include "acme/private/json.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "urn:ietf:params:acme:error:badNonce", or a CA's own "https://ca.example/errors#odd". */
void problem_word(const cJSON *o, char *word, size_t size)
{
	const char *type = json_text(o, "type");
	const char *last = type ? type : "";

	for (const char *s = last; *s; s++)
		if (strchr(":/#", *s))
			last = s + 1;
	if (!type || strcmp(type, "about:blank") == 0)
		last = "";
	snprintf(word, size, "%s", last);
	for (; *word; word++)
		if (!isalnum((unsigned char)*word) && !strchr("-_.", *word))
			*word = '?';
}

static void tell_one(const cJSON *o, struct buf *line)
{
	const char *identifier =
		json_text(cJSON_GetObjectItemCaseSensitive(o, "identifier"), "value");
	const char *detail = json_text(o, "detail");
	char word[48];

	if (!detail)
		detail = json_text(o, "title");
	problem_word(o, word, sizeof word);
	if (identifier)
		buf_printf(line, "%s: ", identifier);
	buf_printf(line, "%s%s%s", word, *word && detail ? ": " : "", detail ? detail : "");
}

static void tell_parts(const cJSON *parts, struct buf *line)
{
	const char *between = " (";
	const cJSON *part;

	cJSON_ArrayForEach(part, parts)
	{
		buf_puts(line, between);
		tell_one(part, line);
		between = "; ";
	}
	if (*between == ';')
		buf_putc(line, ')');
}

/* RFC 8555 6.2: what a CA takes that has refused the kind of account key. */
static void tell_algorithms(const cJSON *list, struct buf *line)
{
	const char *between = " (taken are ";
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			continue;
		buf_printf(line, "%s%s", between, item->valuestring);
		between = ", ";
	}
	if (*between == ',')
		buf_putc(line, ')');
}

void problem_tell(const cJSON *o, struct buf *line)
{
	size_t before = line->len;
	const char *instance = json_text(o, "instance");

	tell_one(o, line);
	if (line->len == before)
		return;
	tell_parts(cJSON_GetObjectItemCaseSensitive(o, "subproblems"), line);
	tell_algorithms(cJSON_GetObjectItemCaseSensitive(o, "algorithms"), line);
	/* RFC 8555 7.3.3: where to agree to new terms. */
	if (instance && text_starts(instance, "https://"))
		buf_printf(line, " (see %s)", instance);
}

void problem_member(const cJSON *o, const char *name, struct err *problem)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(o, name);
	AUTO(buf) struct buf line = BUF_EMPTY;

	*problem = (struct err){ .kind = ERR_NONE };
	if (!cJSON_IsObject(member))
		return;
	problem_tell(member, &line);
	if (line.len)
		err_set(problem, ERR_ACME, "%s", line.data);
}
