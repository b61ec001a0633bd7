#!/bin/bash
# What the edge and the decoders answer is in their tables of codes, and nothing else is there.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

# answered ROOT FUNCTIONS PATHSPEC...: `file code` for each literal code of a problem, or among the
# arguments of functions whose names match.
answered() {
    local root=$1 functions=$2
    shift 2
    tree_files "$root" "$@" | (cd "$root" && functions=$functions xargs -r perl -0777 -ne '
        while (/\.code = "([a-z_]+)"/g) { print "$ARGV $1\n" }
        while (/\b\w*(?:$ENV{functions})\w*\(((?:[^;{]|\)\{)*)\);/g) {
            my $arguments = $1;
            print "$ARGV $1\n" while $arguments =~ /"([a-z]+(?:_[a-z]+)*)"/g;
        }') | sort -u
}

# rows ROOT FILE: the codes of a table.
rows() {
    sed -nE 's/^    \{"([a-z_]+)",.*/\1/p' "$1/$2"
}

# differing ROOT TABLE FUNCTIONS PATHSPEC...: what is answered and not in the table, and the rows whose
# code stands nowhere else.
differing() {
    local root=$1 table=$2 functions=$3 file code
    shift 3
    answered "$root" "$functions" "$@" | while read -r file code; do
        rows "$root" "$table" | grep -qx "$code" || echo "$file answers $code, which is not in $table"
    done
    rows "$root" "$table" | while read -r code; do
        tree_files "$root" "$@" | grep -vFx "$table" | (cd "$root" && xargs grep -qF "\"$code\"") ||
            echo "$table has $code, which nothing answers"
    done
}

wrong_problem_codes() {
    differing "$1" shared/http/http_codes.c 'refuse|answer' 'shared/http/*.c' 'workers/ingress/*.c'
}

wrong_field_codes() {
    differing "$1" shared/codec/codec_codes.c 'decoding_invalid|decoding_malformed' 'shared/codec/*.c'
}

test_the_table_has_what_the_edge_answers() {
    holds wrong_problem_codes
}

test_a_code_that_no_table_has_is_caught() {
    catches wrong_problem_codes workers/ingress/commands.c '.code = "not_today",' &&
        catches wrong_problem_codes workers/ingress/commands.c 'refuse(posting, "not_today", NULL);' &&
        catches wrong_problem_codes shared/http/http_receive.c \
            'http_connection_refuse(connection, "not_today", breach);'
}

test_a_row_that_nothing_answers_is_caught() {
    catches wrong_problem_codes shared/http/http_codes.c '    {"not_today", 409, "Not today",' &&
        catches wrong_field_codes shared/codec/codec_codes.c '    {"too_ugly", "It is ugly."},'
}

test_the_table_has_what_the_decoders_tell() {
    holds wrong_field_codes
}

test_a_field_code_that_no_table_has_is_caught() {
    catches wrong_field_codes shared/codec/decode.c 'decoding_invalid(d, place, "too_ugly", "no");'
}

run_tests
