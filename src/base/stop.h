/*
 * stop - SIGINT, SIGTERM and SIGHUP as one flag that every wait sees.
 *
 * The first signal asks for an orderly end: nothing new is begun, what was begun on a
 * host is finished or taken back. The second one ends the program at once.
 */
#pragma once

#include "base/macros.h"

#include <stdbool.h>

/* Catch the signals, ignore SIGPIPE. Once, before the first thread. */
void stop_init(void);

bool stop_requested(void);

/* Readable as soon as a stop is requested; -1 while this thread is shielded. */
int stop_fd(void);

/*
 * Between the two, this thread sees no stop request: for taking back what was begun
 * (roll-back, TXT records). They nest. Deadlines still hold. A crew's threads are shielded
 * as the thread that runs it.
 */
void stop_shield(void);
void stop_unshield(void);
bool stop_shielded(void);
