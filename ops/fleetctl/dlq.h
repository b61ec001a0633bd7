/* The actions of `fleetctl dlq`, each in a file of its name. Exit codes. */
#ifndef DLQ_H
#define DLQ_H

#include "base/date.h"
#include "letters.h"

int dlq_list(const struct letters_options *options);
int dlq_show(const struct letters_options *options);
int dlq_redrive(const struct letters_options *options);
int dlq_discard(const struct letters_options *options);

#endif
