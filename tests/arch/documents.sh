#!/bin/bash
# The documents keep up with the code: links lead somewhere, and the wire's page names every setting,
# metric, cause, code and command there is.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

wire=docs/reference/wire.md

dead_links() {
    local file link
    tree_files "$1" '*.md' | while read -r file; do
        grep -oE '\]\([^)#]+' "$1/$file" | sed 's/^](//' | grep -v '://' | while read -r link; do
            [ -e "$1/$(dirname "$file")/$link" ] || echo "$file links to $link, which is not there"
        done
    done
}

# words ROOT PATTERN PATHSPEC...: what matches in these files, each once with a file that has it.
words() {
    local root=$1 pattern=$2
    shift 2
    tree_files "$root" "$@" | (cd "$root" && xargs -r grep -oHE "$pattern") |
        sed -E 's/[^a-zA-Z0-9_:\/.]//g' | tr ':' ' ' | sort -u -k 2,2
}

# What the page does not have in backquotes, alone or before a bracket, a blank or a slash.
unnamed() {
    local root=$1 file word
    while read -r file word; do
        grep -qE "\`(fleetctl )?${word}[\`{ (\[]" "$root/$wire" || echo "$file: $wire does not name $word"
    done
}

unnamed_settings() {
    words "$1" '\.name = "IDPMC_[A-Z_]+"' shared/config/config_setting.c |
        sed 's/\.name//' | unnamed "$1"
    tree_files "$1" 'workers/*/worker.c' | while read -r file; do
        sed -nE 's/.*\.name = "([A-Z_]+)".*/\1/p' "$1/$file" |
            sed "s|^|$file IDPMC_$(basename "$(dirname "$file")" | tr a-z A-Z)_|"
    done | unnamed "$1"
}

unnamed_metrics() {
    words "$1" '"idpmc_[a-z_]+"' 'shared/runtime/*.c' 'shared/http/*.c' 'workers/*.c' | unnamed "$1"
}

unnamed_causes() {
    words "$1" '\] = "[a-z_]+"' shared/runtime/envelope.c | grep -v ' none$' | unnamed "$1"
    words "$1" '"dl_[a-z]+"' 'shared/runtime/*.c' | unnamed "$1"
}

unnamed_codes() {
    words "$1" '^    \{"[a-z_]+", ' shared/http/http_codes.c | unnamed "$1"
}

unnamed_commands() {
    words "$1" '^    \{"[a-z]+", cmd' ops/fleetctl/main.c | sed 's/cmd$//' | unnamed "$1"
}

# Tests that the page of guarantees or a runbook names, and that are not there.
tests_not_there() {
    local file word
    tree_files "$1" 'docs/reference/guarantees.md' 'ops/runbooks/*.md' | while read -r file; do
        grep -oE '`(test_[a-z0-9_]+|tests/[a-z0-9_/.]+)`' "$1/$file" | tr -d '`' | sort -u | while read -r word; do
            case $word in
            tests/*) [ -e "$1/$word" ] ;;
            *) grep -rqE "^(void )?$word\(" "$1/tests" ;;
            esac || echo "$file names $word, which is not there"
        done
    done
}

# Pages that `make docs` writes.
stale_pages() {
    local page
    for page in messages problems settings; do
        "$bin/fleetctl" describe $page | cmp -s - "$1/docs/reference/$page.md" ||
            echo "docs/reference/$page.md is stale: run make docs"
    done
}

test_links_lead_somewhere() {
    holds dead_links
}

test_a_dead_link_is_caught() {
    catches dead_links docs/guides/http.md 'See [this](nowhere.md#here).' &&
        catches dead_links README.md '[that](docs/nothing)'
}

test_the_wire_names_every_setting() {
    holds unnamed_settings
}

test_a_setting_that_no_page_names_is_caught() {
    catches unnamed_settings shared/config/config_setting.c '{.name = "IDPMC_SECRET_WISH",' &&
        catches unnamed_settings workers/mc/worker.c '{.name = "EARLY_DAYS",'
}

test_the_wire_names_every_metric() {
    holds unnamed_metrics
}

test_a_metric_that_no_page_names_is_caught() {
    catches unnamed_metrics shared/runtime/lane_metrics.c 'metrics_counter("idpmc_sighs_total",'
}

test_the_wire_names_every_dead_letter_and_problem() {
    holds unnamed_causes && holds unnamed_codes
}

test_a_cause_or_a_code_that_no_page_names_is_caught() {
    catches unnamed_causes shared/runtime/envelope.c '[DEAD_BORED] = "bored",' &&
        catches unnamed_causes shared/runtime/lane_dead.c 'span_text("dl_mood")' &&
        catches unnamed_codes shared/http/http_codes.c '    {"not_today", 409, "Not today",'
}

test_the_wire_names_every_command_of_fleetctl() {
    holds unnamed_commands
}

test_a_command_that_no_page_names_is_caught() {
    catches unnamed_commands ops/fleetctl/main.c '    {"wish", cmd_wish, "wishes"},'
}

test_what_shows_a_promise_is_there() {
    holds tests_not_there
}

test_a_promise_that_nothing_shows_is_caught() {
    catches tests_not_there docs/reference/guarantees.md '`test_that_all_is_well`'
}

test_pages_that_are_made_are_up_to_date() {
    holds stale_pages
}

test_a_stale_page_is_caught() {
    catches stale_pages docs/reference/messages.md 'by hand' &&
        catches stale_pages docs/reference/problems.md 'by hand' &&
        catches stale_pages docs/reference/settings.md 'by hand'
}

run_tests
