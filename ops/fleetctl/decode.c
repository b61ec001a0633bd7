/* fleetctl decode: messages as kcat read them, as JSON that jq takes, a line each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "fleetctl.h"

/* The head is a line; the bytes of the key and of the value follow it, as many as it says. */
#define KCAT_FORMAT "%t %p %o %K %S %h\\n%k%s"

enum { ARENA_BYTES = 16 << 20, MESSAGE_BYTES = 8 << 20 };

struct head {
    char topic[256];
    long partition;
    long long offset;
    long key_size, value_size; /* -1: there is none */
    struct span headers;       /* "name=value,name=value" */
};

struct reading {
    char *line;
    size_t line_size;
    struct buf key, value, json;
    struct arena *arena;
};

static void reading_deinit(struct reading *reading)
{
    free(reading->line);
    buf_deinit(&reading->key);
    buf_deinit(&reading->value);
    buf_deinit(&reading->json);
    arena_free(reading->arena);
}

/* The size of "name=" where a header begins here, or 0. A value may hold commas, a name may not. */
static size_t name_size(const char *at)
{
    size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz_-");

    return size > 0 && at[size] == '=' ? size + 1 : 0;
}

/* Takes the first header off `rest`. */
static bool next_header(const char **rest, struct span *ret_name, struct span *ret_value)
{
    const char *begin = *rest, *value, *end;
    size_t size = name_size(begin);

    if (size == 0)
        return false;
    value = begin + size;
    for (end = value; *end; end++)
        if (*end == ',' && name_size(end + 1) > 0)
            break;
    *ret_name = span_of(begin, size - 1);
    *ret_value = span_of(value, (size_t)(end - value));
    *rest = *end ? end + 1 : end;
    return true;
}

static struct span find_header(const struct head *head, const char *wanted)
{
    const char *rest = head->headers.data;
    struct span name, value;

    while (next_header(&rest, &name, &value))
        if (span_is(name, wanted))
            return value;
    return span_of(NULL, 0);
}

static void add_headers(struct buf *json, const struct head *head)
{
    const char *rest = head->headers.data, *comma = "";
    struct span name, value;

    buf_add_text(json, ",\"headers\":{");
    while (next_header(&rest, &name, &value)) {
        buf_add_text(json, comma);
        buf_add_json(json, name);
        buf_add_char(json, ':');
        buf_add_json(json, value);
        comma = ",";
    }
    buf_add_char(json, '}');
}

/* Appends the value by its contract, or why it cannot be read. */
static int add_value(struct reading *reading, const struct head *head)
{
    const struct message *message = message_find(find_header(head, "ce_type"));
    bool json = span_is(find_header(head, "content-type"), "application/json");
    struct codec_errors errors = {.count = 0};
    const void *body;
    int r;

    if (!message) {
        buf_add_text(&reading->json, ",\"unreadable\":\"no contract has this type\"");
        return 0;
    }
    r = (json ? codec_decode_json : codec_decode_msgpack)(
        message, buf_span(&reading->value), CODEC_UNKNOWN_IGNORED, reading->arena, &errors, &body);
    if (r > 0) {
        buf_add_text(&reading->json, ",\"unreadable\":");
        buf_add_json(&reading->json, span_text(errors.list[0].detail));
        return 0;
    }
    if (r < 0)
        return r;
    buf_add_text(&reading->json, ",\"value\":");
    return codec_encode_json(message, body, &reading->json);
}

static int print_message(struct reading *reading, const struct head *head)
{
    struct buf *json = &reading->json;
    int r;

    buf_clear(json);
    arena_reset(reading->arena);
    buf_printf(json, "{\"topic\":\"%s\",\"partition\":%ld,\"offset\":%lld,\"key\":", head->topic,
               head->partition, head->offset);
    buf_add_json(json, buf_span(&reading->key));
    add_headers(json, head);
    r = add_value(reading, head);
    buf_add_text(json, "}\n");
    if (r < 0 || buf_failed(json))
        return complain(EXIT_FAULT, "decode: %s", strerror(r < 0 ? -r : ENOMEM));
    fwrite(json->data, 1, json->size, stdout);
    return EXIT_DONE;
}

static bool parse_head(char *line, struct head *ret_head)
{
    int at = 0;
    int fields = sscanf(line, "%255s %ld %lld %ld %ld %n", ret_head->topic, &ret_head->partition,
                        &ret_head->offset, &ret_head->key_size, &ret_head->value_size, &at);

    line[strcspn(line, "\n")] = '\0';
    ret_head->headers = span_text(line + at);
    return fields == 5 && at > 0 && ret_head->key_size <= MESSAGE_BYTES &&
           ret_head->value_size <= MESSAGE_BYTES;
}

static bool read_bytes(struct buf *buf, long size)
{
    char *bytes;

    buf_clear(buf);
    if (size <= 0)
        return true;
    bytes = buf_extend(buf, (size_t)size);
    return bytes && fread(bytes, 1, (size_t)size, stdin) == (size_t)size;
}

static int decode_all(struct reading *reading)
{
    struct head head;
    int code = EXIT_DONE;

    while (code == EXIT_DONE && getline(&reading->line, &reading->line_size, stdin) >= 0) {
        if (!parse_head(reading->line, &head) || !read_bytes(&reading->key, head.key_size) ||
            !read_bytes(&reading->value, head.value_size))
            return complain(EXIT_FAULT, "decode: standard input is not what kcat -f prints with "
                                        "the format of `fleetctl decode --format`");
        code = print_message(reading, &head);
    }
    return code;
}

int cmd_decode(int argc, char **argv)
{
    cleanup(reading_deinit) struct reading reading = {0};

    if (argc == 2 && strcmp(argv[1], "--format") == 0) {
        puts(KCAT_FORMAT);
        return EXIT_DONE;
    }
    if (argc > 1) {
        fputs("usage: kcat -C ... -f \"$(fleetctl decode --format)\" | fleetctl decode\n\n"
              "Prints each message as JSON in a line: topic, partition, offset, key, headers, and\n"
              "the value by its contract, or under \"unreadable\" why it has none.\n",
              strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return strcmp(argv[1], "--help") == 0 ? EXIT_DONE : EXIT_MISUSE;
    }
    reading.arena = arena_new(ARENA_BYTES);
    if (!reading.arena)
        return complain(EXIT_FAULT, "decode: out of memory");
    return decode_all(&reading);
}
