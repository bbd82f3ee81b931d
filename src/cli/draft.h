/*
 * draft - the checks of a survey until their addresses are known: put in order, each once.
 */
#pragma once

#include "cli/survey.h"

struct place;

struct draft {
	struct question question;
	size_t at;                 /* its place among all that was wished for */
	size_t first;              /* that of the first one of its host */
	bool again;                /* it was wished for before */
	bool given;                /* its host by a name that may be misspelt */
	const struct place *place; /* while the addresses are looked for */
};

/* Those of one host one after the other, hosts as they were wished for, each check once. */
void drafts_arrange(struct survey *s);

/* Make the questions of them: one for each address. Names are looked up side by side. */
void drafts_ask(struct survey *s);
