/* The words behind `fleetctl dlq ACTION` and `fleetctl parked ACTION`. */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/json_writer.h"
#include "letters.h"

/* Every action takes the filter's; the others are named by their letter in `takes`. */
static const char filter_letters[] = "mtycTikPOSU";
static const struct option known[] = {
    {"module", required_argument, NULL, 'm'},
    {"topic", required_argument, NULL, 't'},
    {"type", required_argument, NULL, 'y'},
    {"cause", required_argument, NULL, 'c'},
    {"tenant", required_argument, NULL, 'T'},
    {"id", required_argument, NULL, 'i'},
    {"key", required_argument, NULL, 'k'},
    {"partition", required_argument, NULL, 'P'},
    {"offset", required_argument, NULL, 'O'},
    {"since", required_argument, NULL, 'S'},
    {"until", required_argument, NULL, 'U'},
    {"fingerprint", required_argument, NULL, 'f'},
    {"all", no_argument, NULL, 'a'},
    {"json", no_argument, NULL, 'j'},
    {"personal", no_argument, NULL, 'p'},
    {"dry-run", no_argument, NULL, 'd'},
    {"yes", no_argument, NULL, 'q'},
    {"by", required_argument, NULL, 'b'},
    {"rate", required_argument, NULL, 'r'},
    {"max-replays", required_argument, NULL, 'n'},
    {"out-of-order", no_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static const char *name_of(int letter)
{
    for (size_t i = 0; known[i].name; i++)
        if (known[i].val == letter)
            return known[i].name;
    return "";
}

/* "90m" and the like, in seconds. */
static int parse_age(const char *text, int64_t *ret_seconds)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;

    if (digits == 0 || digits > 6 || !unit || text[digits + 1])
        return -EINVAL;
    *ret_seconds = strtoll(text, NULL, 10) * seconds[unit - units];
    return 0;
}

int letters_time_parse(const char *text, struct timestamp now, struct timestamp *ret_time)
{
    struct date date;
    int64_t age;

    if (timestamp_parse(span_text(text), ret_time) == 0)
        return 0;
    if (date_parse(span_text(text), &date) == 0) {
        ret_time->us = date.days * INT64_C(86400000000);
        return 0;
    }
    if (parse_age(text, &age) < 0)
        return -EINVAL;
    ret_time->us = now.us - age * 1000000;
    return 0;
}

int letters_place_parse(char *text, struct letters_options *options)
{
    char *at = strrchr(text, '@'), *slash;
    int64_t partition, offset;

    if (!at)
        return -EINVAL;
    *at = '\0';
    slash = strrchr(text, '/');
    if (!slash || slash == text || parse_number(slash + 1, INT32_MAX, &partition) < 0 ||
        parse_number(at + 1, INT64_MAX, &offset) < 0) {
        *at = '@';
        return -EINVAL;
    }
    *slash = '\0';
    options->topic = text;
    options->partition = partition;
    options->offset = offset;
    return 0;
}

static int complain_of(int letter, const char *wanted)
{
    return complain(EXIT_MISUSE, "--%s: \"%s\" is not %s", name_of(letter), optarg, wanted);
}

static int take_uuid(int letter, struct uuid *ret_uuid, bool *ret_has)
{
    *ret_has = true;
    return uuid_parse(span_text(optarg), ret_uuid) < 0 ? complain_of(letter, "a lower-case UUID")
                                                       : EXIT_DONE;
}

static int take_time(int letter, struct timestamp *ret_time, bool *ret_has)
{
    *ret_has = true;
    if (letters_time_parse(optarg, timestamp_now(), ret_time) < 0)
        return complain_of(letter, "a time like 2026-11-22T18:00:00Z, a day like 2026-11-22, or "
                                   "an age like 90m, 2h or 3d");
    return EXIT_DONE;
}

static int take_number(int letter, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number;

    if (parse_number(optarg, max, &number) < 0 || number < min)
        return complain_of(letter, min == 0 ? "a number from 0" : "a number from 1");
    *ret_number = number;
    return EXIT_DONE;
}

static int take_text(const char **ret_text)
{
    *ret_text = optarg;
    return EXIT_DONE;
}

static int take_flag(bool *ret_flag)
{
    *ret_flag = true;
    return EXIT_DONE;
}

static int take_filter(struct letters_options *o, int letter)
{
    switch (letter) {
    case 'm':
        return take_text(&o->module);
    case 't':
        return take_text(&o->topic);
    case 'y':
        return take_text(&o->type);
    case 'c':
        return take_text(&o->cause);
    case 'f':
        return take_text(&o->fingerprint);
    case 'k':
        return take_text(&o->key);
    case 'T':
        return take_uuid(letter, &o->tenant, &o->has_tenant);
    case 'i':
        return take_uuid(letter, &o->id, &o->has_id);
    case 'P':
        return take_number(letter, 0, INT32_MAX, &o->partition);
    case 'O':
        return take_number(letter, 0, INT64_MAX, &o->offset);
    case 'S':
        return take_time(letter, &o->since, &o->has_since);
    default:
        return take_time(letter, &o->until, &o->has_until);
    }
}

static int take_option(struct letters_options *o, int letter)
{
    switch (letter) {
    case 'a':
        return take_flag(&o->all);
    case 'j':
        return take_flag(&o->json);
    case 'p':
        return take_flag(&o->personal);
    case 'd':
        return take_flag(&o->dry_run);
    case 'q':
        return take_flag(&o->yes);
    case 'o':
        return take_flag(&o->out_of_order);
    case 'b':
        return take_text(&o->by);
    case 'r':
        return take_number(letter, 1, 1000000, &o->rate);
    case 'n':
        return take_number(letter, 1, 1000000, &o->max_replays);
    default:
        return take_filter(o, letter);
    }
}

static int check(const struct letters_action *action, const struct letters_options *options)
{
    if (action->wants_module && !options->module)
        return complain(EXIT_MISUSE, "%s wants --module", action->name);
    if (options->has_since && options->has_until && options->since.us >= options->until.us)
        return complain(EXIT_MISUSE, "--until is not after --since");
    if (options->by && (!options->by[0] || strlen(options->by) > 200))
        return complain(EXIT_MISUSE, "--by: 1 to 200 characters");
    return EXIT_DONE;
}

int letters_options_read(int argc, char **argv, const struct letters_action *action,
                         struct letters_options *ret_options)
{
    struct letters_options options = {.partition = -1, .offset = -1, .max_replays = 3};
    int letter, code;

    optind = 1;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == '?')
            return EXIT_MISUSE;
        if (!strchr(filter_letters, letter) && !strchr(action->takes, letter))
            return complain(EXIT_MISUSE, "%s takes no --%s", action->name, name_of(letter));
        if ((code = take_option(&options, letter)) != EXIT_DONE)
            return code;
    }
    if (optind < argc && letters_place_parse(argv[optind], &options) < 0)
        return complain(EXIT_MISUSE, "\"%s\" is no place like idpmc.mc.commands/3@17",
                        argv[optind]);
    if (optind + 1 < argc)
        return complain(EXIT_MISUSE, "\"%s\" is one word too many", argv[optind + 1]);
    if ((code = check(action, &options)) == EXIT_DONE)
        *ret_options = options;
    return code;
}

static void put_uuid(struct json_writer *w, const char *name, bool has, struct uuid uuid)
{
    char text[UUID_TEXT + 1];

    if (has)
        json_member_text(w, name, uuid_format(uuid, text));
}

static void put_time(struct json_writer *w, const char *name, bool has, struct timestamp time)
{
    char text[TIMESTAMP_TEXT + 1];

    if (has)
        json_member_text(w, name, timestamp_format(time, text));
}

void letters_options_describe(const struct letters_options *o, struct buf *out)
{
    struct json_writer w = {.out = out};

    json_open(&w, '{');
    json_member_text(&w, "topic", o->topic);
    if (o->partition >= 0)
        json_member_integer(&w, "partition", o->partition);
    if (o->offset >= 0)
        json_member_integer(&w, "offset", o->offset);
    json_member_text(&w, "type", o->type);
    json_member_text(&w, "cause", o->cause);
    json_member_text(&w, "fingerprint", o->fingerprint);
    json_member_text(&w, "key", o->key);
    put_uuid(&w, "tenant", o->has_tenant, o->tenant);
    put_uuid(&w, "id", o->has_id, o->id);
    put_time(&w, "since", o->has_since, o->since);
    put_time(&w, "until", o->has_until, o->until);
    if (o->out_of_order)
        json_member_boolean(&w, "out_of_order", true);
    json_close(&w, '}');
}

void letters_operator(const struct letters_options *options, struct buf *out)
{
    const struct passwd *user;
    char host[256] = "";

    if (options->by) {
        buf_add_text(out, options->by);
        return;
    }
    user = getpwuid(geteuid());
    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    if (user)
        buf_printf(out, "%s@%s", user->pw_name, host);
    else
        buf_printf(out, "%u@%s", (unsigned)geteuid(), host);
}
