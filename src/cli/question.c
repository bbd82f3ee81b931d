#include "cli/question.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

static enum answer understand(const char *line, char **fingerprint)
{
	static const struct {
		const char *word;
		enum answer answer;
	} words[] = { { "", ANSWER_NO }, { "n", ANSWER_NO }, { "no", ANSWER_NO },
		{ "y", ANSWER_YES }, { "yes", ANSWER_YES } };
	static const char blanks[] = " \t\r";
	const char *word = line + strspn(line, blanks);
	const size_t len = strcspn(word, blanks);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == len &&
			!word[len + strspn(word + len, blanks)] &&
			strncasecmp(words[i].word, word, len) == 0)
			return words[i].answer;
	*fingerprint = ssh_fingerprint_read(line);
	return *fingerprint ? ANSWER_FINGERPRINT : ANSWER_UNCLEAR;
}

static bool is_among(const struct ssh_key *const *keys, size_t n, const char *fingerprint)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(keys[i]->fingerprint, fingerprint))
			return true;
	return false;
}

/* A fingerprint is one of these keys', as ssh wants it; it names the one that is meant. */
enum answer question_ask(struct report *r, const char *text,
	const struct ssh_key *const *keys, size_t n, char **fingerprint)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	struct err unheard;

	while (report_ask(r, text, false, &line, &unheard)) {
		enum answer answer = understand(line.data, fingerprint);

		if (answer != ANSWER_UNCLEAR &&
			(answer != ANSWER_FINGERPRINT || is_among(keys, n, *fingerprint)))
			return answer;
		free(TAKE(*fingerprint));
		text = answer == ANSWER_FINGERPRINT
			? "That is the fingerprint of none of these keys. y/N, or one: "
			: "y, n, or a fingerprint as shown above: ";
		buf_reset(&line);
	}
	if (unheard.kind != ERR_STOPPED)
		report_warn(r, "%s", unheard.msg);
	return ANSWER_NO;
}
