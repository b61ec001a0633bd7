/* set-clock FILE SECONDS: what tests/chaos/clock, preloaded into a program, adds to its time of day
 * from now on. The file is written in place: programs have it mapped. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"

int chaos_set_clock(int argc, char **argv)
{
    int64_t moved_us;
    int fd;

    if (argc != 2)
        give_up("usage: chaos set-clock FILE SECONDS");
    moved_us = strtoll(argv[1], NULL, 10) * 1000000;
    fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, &moved_us, sizeof moved_us, 0) != sizeof moved_us || close(fd) < 0)
        give_up("%s: %s", argv[0], strerror(errno));
    return 0;
}
