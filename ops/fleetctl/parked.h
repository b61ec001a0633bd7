/* The actions of `fleetctl parked`, each in a file of its name. Exit codes. */
#ifndef PARKED_H
#define PARKED_H

#include "base/date.h"
#include "letters.h"

int parked_list(const struct letters_options *options);
int parked_retry(const struct letters_options *options);
int parked_discard(const struct letters_options *options);

#endif
