/* fleetctl describe: documents about every message and problem, on standard output. */
#include <stdio.h>
#include <string.h>

#include "describe/describe.h"
#include "fleetctl.h"
#include "runtime/process_settings.h"
#include "runtime/worker.h"

static const char usage[] =
    "usage: fleetctl describe openapi | asyncapi | schema [TYPE] | types | messages | problems | "
    "settings\n"
    "\n"
    "Prints a document made of the contracts that this program was built with:\n"
    "  openapi        the HTTP interface, OpenAPI 3.1\n"
    "  asyncapi       the topics, AsyncAPI 3.0\n"
    "  schema [TYPE]  JSON Schema (2020-12) of one message (mc.record-check.v1), or of all\n"
    "  types          the types of all messages, one a line\n"
    "  messages       a page about every message, in Markdown\n"
    "  problems       a page about every problem's code, in Markdown\n"
    "  settings       a page about every setting, in Markdown\n";

/* Workers that handle the message, each once. */
static const char *next_handler(const struct message *message, size_t i)
{
    for (size_t w = 0; workers[w]; w++)
        for (const struct handler *handler = workers[w]->handlers; handler->on; handler++)
            if (handler->on == message && i-- == 0)
                return workers[w]->name;
    return NULL;
}

static int print_schema(const char *type, struct buf *out)
{
    if (!type)
        describe_schemas(out);
    else if (!describe_schema(span_text(type), out))
        return complain(EXIT_MISUSE,
                        "there is no message \"%s\"; `fleetctl describe types` lists them", type);
    return EXIT_DONE;
}

static void list_types(struct buf *out)
{
    for (size_t i = 0; i < message_count; i++)
        buf_printf(out, "%s\n", messages[i]->type);
}

static int make(const char *what, const char *type, struct buf *out)
{
    static const struct describe_handlers handlers = {.next = next_handler};
    int code = EXIT_DONE;

    if (strcmp(what, "openapi") == 0)
        describe_openapi(out);
    else if (strcmp(what, "asyncapi") == 0)
        describe_asyncapi(out);
    else if (strcmp(what, "schema") == 0)
        code = print_schema(type, out);
    else if (strcmp(what, "types") == 0)
        list_types(out);
    else if (strcmp(what, "messages") == 0)
        describe_messages_page(&handlers, out);
    else if (strcmp(what, "problems") == 0)
        describe_problems_page(out);
    else if (strcmp(what, "settings") == 0)
        code =
            process_settings_describe(out) < 0 ? complain(EXIT_FAULT, "out of memory") : EXIT_DONE;
    else
        code = complain(EXIT_MISUSE,
                        "there is no document \"%s\"; `fleetctl describe --help` lists them", what);
    return code;
}

int cmd_describe(int argc, char **argv)
{
    cleanup(buf_deinit) struct buf out = {0};
    const char *what = argc > 1 ? argv[1] : "--help";
    bool schema = strcmp(what, "schema") == 0;
    int code;

    if (strcmp(what, "--help") == 0) {
        fputs(usage, argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_DONE : EXIT_MISUSE;
    }
    if (argc > (schema ? 3 : 2))
        return complain(EXIT_MISUSE, "what is \"%s\"? `fleetctl describe --help` says how",
                        argv[schema ? 3 : 2]);
    code = make(what, argc > 2 ? argv[2] : NULL, &out);
    if (code != EXIT_DONE)
        return code;
    if (buf_failed(&out) || fwrite(out.data, 1, out.size, stdout) != out.size ||
        fflush(stdout) != 0)
        return complain(EXIT_FAULT, "the document could not be written");
    return EXIT_DONE;
}
