/* What a recorded worker writes and the limit `replay` reads: a file for each connection,
 * NAME.N.sql in the folder, numbered as they were made. Numbers are 32 bits of this machine, texts
 * end with a zero, and everything comes as the program said it to libpq:
 *
 *     'P' name sql count types...                     a statement is prepared
 *     'Q' name count (size bytes)... formats...       it is sent; size -1 is null
 *     'S' finished of connection 0, 1, ... (RECORDING_CONNECTIONS of them)
 *                                                     a round trip ends; and how many of each
 *                                                     connection's round trips were over by then
 */
#ifndef BENCH_RECORDING_H
#define BENCH_RECORDING_H

enum { RECORDING_CONNECTIONS = 16 };

#define RECORDING_FILE "recording.%d.sql"

#endif
