/* Files of settings, and secrets that stand in files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_private.h"

enum { MAX_FILE_BYTES = 64 * 1024 };

static void close_file(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int unreadable(const struct config_setting *setting, const char *path, struct buf *said,
                      const char *why)
{
    buf_printf(said, "%s%s is \"%s\", which cannot be used (%s); name a file that holds %s\n",
               setting->name, CONFIG_FILE_SUFFIX, path, why, setting->sentence);
    return -EINVAL;
}

static void warn_if_open_to_others(const struct config_setting *setting, const char *path,
                                   mode_t mode, struct buf *said)
{
    if (mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH))
        buf_printf(said, "%s%s is \"%s\", which others may read or write; chmod 600 it\n",
                   setting->name, CONFIG_FILE_SUFFIX, path);
}

/* Files of /proc and pipes know no size, so it reads until the end. -1 with errno. */
static ssize_t read_all(int fd, char *content, size_t capacity)
{
    size_t size = 0;

    while (size < capacity) {
        ssize_t part = read(fd, content + size, capacity - size);

        if (part < 0 && errno != EINTR)
            return -1;
        if (part == 0)
            break;
        if (part > 0)
            size += (size_t)part;
    }
    return (ssize_t)size;
}

int config_file_read(const char *path, struct arena *arena, const char **ret_text, mode_t *ret_mode,
                     const char **ret_why)
{
    cleanup(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *content = arena_alloc(arena, MAX_FILE_BYTES + 1);
    struct stat status = {0};
    ssize_t size = -1;

    if (!content)
        return -ENOMEM;
    if (fd >= 0 && fstat(fd, &status) == 0)
        size = read_all(fd, content, MAX_FILE_BYTES + 1);
    *ret_why = NULL;
    if (size < 0)
        *ret_why = strerrordesc_np(errno);
    else if (size > MAX_FILE_BYTES)
        *ret_why = "it is longer than 64 KB";
    else if (strlen(content) != (size_t)size)
        *ret_why = "it is not text";
    if (*ret_why)
        return -EINVAL;
    *ret_text = content;
    *ret_mode = status.st_mode;
    return 0;
}

int config_secret_read(struct config_setting *setting, const char *path, struct arena *arena,
                       struct buf *said)
{
    const char *text, *why;
    size_t size;
    mode_t mode;
    int r = config_file_read(path, arena, &text, &mode, &why);

    if (r < 0)
        return r == -EINVAL ? unreadable(setting, path, said, why) : r;
    size = strlen(text);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size == 0)
        return unreadable(setting, path, said, "it is empty");
    setting->text = arena_copy(arena, text, size);
    if (!setting->text)
        return -ENOMEM;
    warn_if_open_to_others(setting, path, mode, said);
    return 0;
}
