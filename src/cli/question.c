#include "cli/question.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/wait.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

/* A line of the terminal; false at its end, or when it is enough. */
static bool read_line(char *line, size_t size)
{
	struct err ignored;
	size_t len = 0;
	char c;

	while (wait_fd(STDIN_FILENO, POLLIN, INT64_MAX, &ignored)) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (c == '\n') {
			line[len] = '\0';
			return true;
		}
		if (len < size - 1)
			line[len++] = c;
	}
	return false;
}

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
	static const char hint[] = "y, n, or a fingerprint as shown above: ";
	char line[512];

	report_question(r, text);
	while (read_line(line, sizeof line)) {
		enum answer answer = understand(line, fingerprint);

		if (answer != ANSWER_UNCLEAR &&
			(answer != ANSWER_FINGERPRINT || is_among(keys, n, *fingerprint)))
			return answer;
		free(TAKE(*fingerprint));
		report_question(r,
			answer == ANSWER_FINGERPRINT
				? "That is the fingerprint of none of these keys. y/N, or one: "
				: hint);
	}
	return ANSWER_NO;
}
