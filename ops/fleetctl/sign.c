/* fleetctl sign: an event producer without code of its own. Checks a command against its contract,
 * signs it with the producer's secret and prints the kcat command that publishes it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/keyring.h"
#include "codec/codec.h"
#include "codec/json.h"
#include "fleetctl.h"
#include "runtime/record.h"

enum { ARENA_BYTES = 4 << 20 };

/* Who signs, and for whom. */
struct signer {
    const char *keyid;
    struct tenant_id tenant;
    struct mac_key key;
    struct arena *arena; /* of one command */
};

/* A command to sign, as it was given. */
struct draft {
    struct span type, body;
    struct message_id id;
    struct timestamp time;
};

struct options {
    const char *keyid, *secret_file, *tenant, *type, *body, *id, *time;
    bool lines;
};

static void print_usage(FILE *to)
{
    fputs(
        "usage: fleetctl sign --key KEYID --tenant UUID --type TYPE --body JSON\n"
        "                     [--id UUID] [--time TIME] [--secret-file FILE]\n"
        "       fleetctl sign --key KEYID --tenant UUID --lines [--secret-file FILE]\n\n"
        "  --key KEYID         the credential's id, from `fleetctl producer add`\n"
        "  --secret-file FILE  its secret, 64 hexadecimal digits; else IDPMC_PRODUCER_SECRET or\n"
        "                      the file that IDPMC_PRODUCER_SECRET_FILE names\n"
        "  --tenant UUID       the organization\n"
        "  --type TYPE         the command: mc.record-check.v1\n"
        "  --body JSON         its fields\n"
        "  --id UUID           its id; a new one unless given. Sending an id twice has one effect\n"
        "  --time TIME         2026-11-22T18:00:00.000Z; now unless given\n"
        "  --lines             reads {\"type\",\"body\",\"id\"?,\"time\"?} from standard input, "
        "one a line\n\n"
        "Prints a line for the shell for each command; it wants KAFKA_BROKERS (. .run/env):\n"
        "  fleetctl sign ... | sh\n",
        to);
}

static int take_option(struct options *options, int option)
{
    switch (option) {
    case 'k':
        options->keyid = optarg;
        break;
    case 's':
        options->secret_file = optarg;
        break;
    case 'n':
        options->tenant = optarg;
        break;
    case 'y':
        options->type = optarg;
        break;
    case 'b':
        options->body = optarg;
        break;
    case 'i':
        options->id = optarg;
        break;
    case 't':
        options->time = optarg;
        break;
    case 'l':
        options->lines = true;
        break;
    case 'h':
        print_usage(stdout);
        exit(EXIT_DONE);
    default:
        return EXIT_MISUSE;
    }
    return EXIT_DONE;
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option known[] = {
        {"key", required_argument, NULL, 'k'},    {"secret-file", required_argument, NULL, 's'},
        {"tenant", required_argument, NULL, 'n'}, {"type", required_argument, NULL, 'y'},
        {"body", required_argument, NULL, 'b'},   {"id", required_argument, NULL, 'i'},
        {"time", required_argument, NULL, 't'},   {"lines", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    struct options options = {0};
    int option, code = EXIT_DONE;
    bool one;

    while (code == EXIT_DONE && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        code = take_option(&options, option);
    one = options.type && options.body;
    if (code != EXIT_DONE || optind < argc || !options.keyid || !options.tenant ||
        one == options.lines || (options.lines && (options.id || options.time))) {
        print_usage(stderr);
        return EXIT_MISUSE;
    }
    *ret_options = options;
    return EXIT_DONE;
}

static void signer_deinit(struct signer *signer)
{
    mac_key_deinit(&signer->key);
    arena_free(signer->arena);
}

static int read_secret(const char *file, struct digest *ret_secret)
{
    cleanup(buf_deinit) struct buf text = {0};
    int code;

    if (file && setenv("IDPMC_PRODUCER_SECRET_FILE", file, 1) < 0)
        return complain(EXIT_FAULT, "out of memory");
    if (file)
        unsetenv("IDPMC_PRODUCER_SECRET");
    if ((code = setting_read("IDPMC_PRODUCER_SECRET", &text)) != EXIT_DONE)
        return code;
    if (text.size == 0)
        return complain(EXIT_MISUSE, "which secret? Give --secret-file FILE, or set "
                                     "IDPMC_PRODUCER_SECRET");
    if (digest_parse(buf_span(&text), ret_secret) < 0)
        return complain(EXIT_MISUSE, "the producer's secret is not 64 lower-case hexadecimal "
                                     "digits, as `fleetctl producer add` prints it");
    return EXIT_DONE;
}

static int signer_init(struct signer *signer, const struct options *options)
{
    struct digest secret;
    int code;

    signer->keyid = options->keyid;
    if (!keyring_id_is_valid(span_text(options->keyid)))
        return complain(EXIT_MISUSE,
                        "--key: \"%s\" is not a key id, as `fleetctl producer add` "
                        "prints it",
                        options->keyid);
    if (uuid_parse(span_text(options->tenant), &signer->tenant.uuid) < 0)
        return complain(EXIT_MISUSE, "--tenant: \"%s\" is not a lower-case UUID", options->tenant);
    if ((code = read_secret(options->secret_file, &secret)) != EXIT_DONE)
        return code;
    signer->arena = arena_new(ARENA_BYTES);
    if (!signer->arena || mac_key_init(&signer->key, secret.bytes) < 0)
        return complain(EXIT_FAULT, "out of memory");
    return EXIT_DONE;
}

static int complain_of_body(const struct message *message, const struct codec_errors *errors)
{
    complain(EXIT_MISUSE, "the body is against the contract of %s:", message->type);
    for (size_t i = 0; i < errors->count; i++)
        fprintf(stderr, "  %s: %s (%s)\n", errors->list[i].pointer, errors->list[i].detail,
                errors->list[i].code);
    return EXIT_MISUSE;
}

static int find_command(struct span type, const struct message **ret_message)
{
    const struct message *message = message_find(type);

    if (!message || message->kind != MESSAGE_COMMAND)
        return complain(EXIT_MISUSE,
                        "there is no command \"%.*s\"; a type has a version, like "
                        "mc.record-check.v1",
                        (int)type.size, type.data);
    if (message->creates_tenant)
        return complain(EXIT_MISUSE, "%s makes an organization, which only the ingress can name",
                        message->type);
    *ret_message = message;
    return EXIT_DONE;
}

/* A word for the shell, whatever it holds. */
static void add_quoted(struct buf *line, const char *before, struct span word)
{
    buf_printf(line, " '%s", before);
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] == '\'')
            buf_add_text(line, "'\\''");
        else
            buf_add_char(line, word.data[i]);
    }
    buf_add_char(line, '\'');
}

static void add_header(struct buf *line, const char *name, struct span value)
{
    char before[64];

    snprintf(before, sizeof before, "%s=", name);
    buf_add_text(line, " -H");
    add_quoted(line, before, value);
}

/* What is said of the command beside its MAC, as text. */
struct texts {
    char topic[BUS_TOPIC_BYTES], key[RECORD_KEY_TEXT + 1], id[UUID_TEXT + 1], tenant[UUID_TEXT + 1],
        subject[UUID_TEXT + 1], time[TIMESTAMP_TEXT + 1];
    char actor[KEY_ID_BYTES + 16], source[KEY_ID_BYTES + 16], mac[DIGEST_TEXT + 1];
};

static void write_texts(const struct signer *signer, const struct draft *draft,
                        const struct message *message, const void *body, struct span value,
                        struct texts *texts)
{
    struct uuid aggregate = message_aggregate(message, signer->tenant, body);
    struct digest mac;

    record_topic(message, texts->topic);
    message_record_key(signer->tenant, aggregate, texts->key);
    uuid_format(draft->id.uuid, texts->id);
    uuid_format(signer->tenant.uuid, texts->tenant);
    uuid_format(aggregate, texts->subject);
    timestamp_format(draft->time, texts->time);
    snprintf(texts->actor, sizeof texts->actor, "producer:%s", signer->keyid);
    snprintf(texts->source, sizeof texts->source, "/producers/%s", signer->keyid);
    mac = mac_with(&signer->key, &(struct mac_fields){
                                     .topic = span_text(texts->topic),
                                     .key = span_text(texts->key),
                                     .id = span_text(texts->id),
                                     .type = span_text(message->type),
                                     .tenant = span_text(texts->tenant),
                                     .actor = span_text(texts->actor),
                                     .time = span_text(texts->time),
                                     .content_type = span_text(CONTENT_JSON),
                                     .payload = digest_of(value),
                                 });
    digest_format(&mac, texts->mac);
}

static int print_line(const struct signer *signer, const struct message *message,
                      const struct texts *texts, struct span value)
{
    cleanup(buf_deinit) struct buf line = {0};
    const struct {
        const char *name, *value;
    } headers[] = {
        {"ce_specversion", "1.0"},      {"ce_id", texts->id},           {"ce_type", message->type},
        {"ce_source", texts->source},   {"ce_subject", texts->subject}, {"ce_time", texts->time},
        {"content-type", CONTENT_JSON}, {"ce_tenant", texts->tenant},   {"ce_actor", texts->actor},
        {"ce_keyid", signer->keyid},    {"ce_mac", texts->mac},
    };

    buf_add_text(&line, "printf %s");
    add_quoted(&line, "", value);
    buf_printf(&line,
               " | kcat -P -b \"$KAFKA_BROKERS\" -X topic.partitioner=murmur2_random -t %s -k %s",
               texts->topic, texts->key);
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        add_header(&line, headers[i].name, span_text(headers[i].value));
    if (buf_failed(&line))
        return complain(EXIT_FAULT, "out of memory");
    puts(line.data);
    return EXIT_DONE;
}

/* The value is the body in the contract's order and without white space: kcat takes a line feed for
 * the end of a message. */
static int sign_draft(const struct signer *signer, const struct draft *draft)
{
    cleanup(buf_deinit) struct buf value = {0};
    struct codec_errors errors = {.count = 0};
    const struct message *message = NULL;
    const void *body = NULL;
    struct texts texts;
    int code = find_command(draft->type, &message), r;

    if (code != EXIT_DONE)
        return code;
    arena_reset(signer->arena);
    r = codec_decode_json(message, draft->body, CODEC_UNKNOWN_REFUSED, signer->arena, &errors,
                          &body);
    if (r > 0)
        return complain_of_body(message, &errors);
    if (r < 0 || codec_encode_json(message, body, &value) < 0)
        return complain(EXIT_FAULT, "out of memory");
    write_texts(signer, draft, message, body, buf_span(&value), &texts);
    return print_line(signer, message, &texts, buf_span(&value));
}

/* Absent ones are made: a fresh id, and now. */
static int read_identity(struct span id, struct span time, struct draft *draft)
{
    draft->time = timestamp_now();
    draft->id.uuid = uuid_v7(draft->time.us / 1000);
    if (id.data && uuid_parse(id, &draft->id.uuid) < 0)
        return complain(EXIT_MISUSE, "id: \"%.*s\" is not a lower-case UUID", (int)id.size,
                        id.data);
    if (time.data && timestamp_parse(time, &draft->time) < 0)
        return complain(EXIT_MISUSE, "time: \"%.*s\" is not like 2026-11-22T18:00:00.000Z",
                        (int)time.size, time.data);
    return EXIT_DONE;
}

static int sign_one(const struct signer *signer, const struct options *options)
{
    struct draft draft = {.type = span_text(options->type), .body = span_text(options->body)};
    int code = read_identity(span_text(options->id), span_text(options->time), &draft);

    return code == EXIT_DONE ? sign_draft(signer, &draft) : code;
}

static int sign_document(const struct signer *signer, const struct json *document)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct span id = {0}, time = {0};
    struct draft draft = {0};
    int code;

    if (!json_text(json_get(document, "type"), &draft.type) ||
        json_kind(json_get(document, "body")) != JSON_KIND_OBJECT ||
        (json_get(document, "id") && !json_text(json_get(document, "id"), &id)) ||
        (json_get(document, "time") && !json_text(json_get(document, "time"), &time)))
        return complain(EXIT_MISUSE, "expected {\"type\": text, \"body\": object} and perhaps "
                                     "\"id\" and \"time\" as text");
    if (json_write(json_get(document, "body"), &body) < 0)
        return complain(EXIT_FAULT, "out of memory");
    draft.body = buf_span(&body);
    code = read_identity(id, time, &draft);
    return code == EXIT_DONE ? sign_draft(signer, &draft) : code;
}

static int sign_line(const struct signer *signer, struct span line)
{
    struct json *document;
    int code, r = json_parse(line, &document);

    if (r == -ENOMEM)
        return complain(EXIT_FAULT, "out of memory");
    if (r < 0)
        return complain(EXIT_MISUSE, "expected a JSON object without duplicate members");
    code = sign_document(signer, document);
    json_free(document);
    return code;
}

static int sign_lines(const struct signer *signer)
{
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t size;
    int code = EXIT_DONE;

    while (code == EXIT_DONE && (size = getline(&line, &capacity, stdin)) > 0) {
        number++;
        if (line[size - 1] == '\n')
            size--;
        if (size > 0)
            code = sign_line(signer, span_of(line, (size_t)size));
    }
    free(line);
    if (code != EXIT_DONE)
        return complain(code, "nothing was printed for line %zu of standard input and what follows",
                        number);
    return EXIT_DONE;
}

int cmd_sign(int argc, char **argv)
{
    cleanup(signer_deinit) struct signer signer = {0};
    struct options options = {0};
    int code;

    if ((code = read_options(argc, argv, &options)) != EXIT_DONE ||
        (code = signer_init(&signer, &options)) != EXIT_DONE)
        return code;
    return options.lines ? sign_lines(&signer) : sign_one(&signer, &options);
}
