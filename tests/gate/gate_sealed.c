/* Texts that clients carry for us: an outcome's address, written and read again. */
#include "../workers/ingress/outcome_token.h"
#include "contracts/mc.h"
#include "gate.h"

static const uint8_t seal_key[32] = {1, 2, 3};
static const struct outcome_token token = {
    .message = &mc_record_check_message,
    .tenant = {{{1}}},
    .actor = {{{2}}},
    .id = {{{3}}},
    .digest = {{4}},
};

static struct buf text;

static void write_token(void)
{
    buf_clear(&text);
    must(outcome_token_write(&token, seal_key, &text) == 0, "a token could not be sealed");
}

static void read_token(void)
{
    struct outcome_token read;

    must(outcome_token_read(buf_span(&text), seal_key, &read) == 0 && read.message == token.message,
         "a sealed token was refused");
}

static void prepare(void)
{
    write_token();
}

static void round_of_writing(void)
{
    gate_step(write_token);
}

static void round_of_reading(void)
{
    gate_step(read_token);
}

const struct gate_case gate_cases[] = {
    {"outcome-token-write", prepare, round_of_writing, 1},
    {"outcome-token-read", prepare, round_of_reading, 1},
    {0},
};
