#!/bin/bash
# fleetctl describe: documents that the public validators of their formats pass, and no others.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
. tests/support/registries.sh

# described WHAT...: into $place/out.
described() {
    tell 0 "$fleetctl" describe "$@"
}

# judged COMMAND...: runs a validator over $place/out, then over the same file after a jq filter that
# breaks it ($broken), which must be refused.
judged() {
    cp "$place/out" "$place/document"
    jq "$broken" "$place/document" >"$place/broken"
    tell 0 "$@" "$place/document" || {
        sed 's/^/# /' "$place/out"
        return 1
    }
    ! "$@" "$place/broken" >"$place/out" 2>&1 || {
        echo "# $1 does not see $broken"
        return 1
    }
}

# with_python, with_node: 0 where a tool is there or the test is to be skipped ($skip), else fails.
with_python() {
    local status=0
    python_with openapi-spec-validator==0.9.0 jsonschema==4.26.0 rfc3339-validator==0.1.4 || status=$?
    skip=$((status == 1))
    [ "$status" -lt 2 ]
}

with_node() {
    local status=0
    node_with @asyncapi/parser@3.6.3 || status=$?
    skip=$((status == 1))
    [ "$status" -lt 2 ]
}

test_openapi_passes_its_validator() {
    local skip broken='del(.components.responses.problem_400)'
    with_python || return 1
    [ "$skip" -eq 1 ] || { described openapi && judged "$python" tests/support/validate.py openapi; }
}

test_each_message_is_a_schema_that_its_example_keeps() {
    local skip broken='."$defs"[].examples[0] |= (keys[0] as $key | del(.[$key]))'
    with_python || return 1
    [ "$skip" -eq 1 ] || { described schema && judged "$python" tests/support/validate.py schemas; }
}

test_asyncapi_passes_its_parser() {
    local skip broken='.operations[].channel."$ref" = "#/channels/none"'
    with_node || return 1
    [ "$skip" -eq 1 ] || {
        described asyncapi && judged node tests/support/validate_asyncapi.mjs "$node_modules"
    }
}

test_each_type_has_a_schema_of_its_own() {
    local type types
    described types && mapfile -t types <"$place/out"
    [ "${#types[@]}" -gt 20 ] || return 1
    for type in "${types[@]}"; do
        described schema "$type" &&
            jq -e --arg type "$type" '.title == $type and ."$id" == "/schemas/" + $type' \
                "$place/out" >"$place/said" || return 1
    done
}

test_documents_that_there_are_not() {
    tell 2 "$fleetctl" describe poem && says err 'there is no document "poem"' &&
        tell 2 "$fleetctl" describe schema mc.record-check && says err 'describe types' &&
        tell 2 "$fleetctl" describe openapi twice && says err 'what is "twice"?' &&
        tell 2 "$fleetctl" describe && says err 'usage: fleetctl describe'
}

run_tests
