#!/bin/bash
# The ingress keeps its own OpenAPI document: schemathesis makes requests of it, good ones and broken
# ones, and takes no 5xx, and no status, content type, header or body that the document does not have.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
. tests/support/registries.sh

# What is asked does not depend on where the parts run.
arrangements=("${arrangements[0]}")

prepare() {
    prepare_club
}

# It writes into the folder in which it runs.
run_schemathesis() {
    local support=$PWD/tests/support
    (
        cd "$place" && TOKEN=$(token_of "$admin_user") CLUB=$club PYTHONDONTWRITEBYTECODE=1 \
            PYTHONPATH=$support timeout 150 "$(dirname "$python")/schemathesis" \
            --config-file "$support/schemathesis.toml" run "$ingress/openapi.json" \
            --url "$ingress" --seed 1 --no-color
    ) >"$place/said" 2>&1
}

test_no_answer_is_outside_the_document() {
    local status=0
    python_with schemathesis==4.32.5 || status=$?
    [ "$status" -eq 0 ] || return $((status - 1))
    run_schemathesis && grep -qE '[0-9]{3,} generated' "$place/said" && return 0
    sed -n '/FAILURES\|ERRORS\|^Error/,$p' "$place/said" | head -n 150 | sed 's/^/# /'
    tail -n 30 "$place/said" | sed 's/^/# /'
    return 1
}

run_in_both
