/* What the limit `rows` sends, made before its clock starts: the commands of the fleet's benchmark,
 * divided over connections by their partitions, as statements with their parameters. Ends the
 * program without memory. */
#ifndef BENCH_ROW_BATCHES_H
#define BENCH_ROW_BATCHES_H

#include <stddef.h>

enum { ROW_CONNECTIONS = 8, ROW_PARAMS = 9 };

/* What is written, in the order of the batch's pipeline. */
enum row_statement {
    BEGIN,
    SET_TENANT,
    CHECKS,
    DAYS_ROWS,
    INBOX,
    OUTBOX_ADD,
    OUTBOX_DELETE,
    COMMIT,
};

/* A statement with its parameters, ready to be sent. */
struct call {
    enum row_statement statement;
    int count;
    const char *values[ROW_PARAMS];
    int sizes[ROW_PARAMS];
};

struct batch {
    struct call *calls;
    size_t call_count, command_count;
};

/* One connection's, in order. The last batch has no commands: it deletes what the one before left.
 */
struct row_batches {
    struct command *commands;
    size_t count;
    struct batch *batches;
    size_t batch_count;
};

/* Of so many connections, in batches of `batch` commands. They end with the program. */
void row_batches_make(struct row_batches lists[static ROW_CONNECTIONS], size_t connections,
                      size_t commands, size_t batch);

#endif
