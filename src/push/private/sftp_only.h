/*
 * sftp_only - a host that lets us in for SFTP and nothing else (ForceCommand
 * internal-sftp): what the scripts do elsewhere is done by SFTP, and the services take
 * files up by themselves, or their admin sees to it.
 */
#pragma once

#include "push/private/job.h"

/*
 * No script could be run there, for this reason: look by SFTP, if there is SFTP. Sets
 * j->sftp_only; false with *e as it was, if there isn't.
 */
bool sftp_only_look(struct job *j, struct err *e) NODISCARD;

/* Services with something to take up, and commands for it: they can't be run. */
void sftp_only_tell(struct job *j);

/* As the scripts of that name; the story has no commands in it. */
bool sftp_only_apply(struct job *j, struct remote_story *story, struct err *e) NODISCARD;
bool sftp_only_undo(struct job *j, struct remote_story *story, struct err *e) NODISCARD;
bool sftp_only_commit(struct job *j, struct err *e) NODISCARD;
