/* Named places where a test lets the process die as kill -9 would, or stand still until SIGCONT:
 * CRASH_AT=name, resp. FREEZE_AT=name (or name:3 for the third time) in the environment arms one.
 * Nothing happens without it. */
#ifndef RUNTIME_CRASH_H
#define RUNTIME_CRASH_H

/* Ends (SIGKILL) or stops (SIGSTOP) the process if this place is armed and was reached often
 * enough. Any thread. */
void crash_point(const char *name);

#endif
