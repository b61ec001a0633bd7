#!/bin/bash
# What stands where: the folders at the top, files that can be read in one go, nothing that was
# generated, no secrets.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

top_level=(.ci .clang-format .clang-tidy .dockerignore .gitignore .shellcheckrc .yamllint Makefile README.md
    compose contracts docs migrations ops shared tests workers)

unknown_at_the_top() {
    local file
    tree_files "$1" . | while read -r file; do
        [[ " ${top_level[*]} " == *" ${file%%/*} "* ]] ||
            echo "$file stands in a place at the top that nobody knows"
    done
}

long_files() {
    tree_files "$1" 'shared/*' 'workers/*' 'ops/*' 'contracts/*' '.ci/*' |
        grep -E '(\.(c|h|sh|yaml)|/[^.]+)$' | (cd "$1" && xargs -r wc -l) |
        awk '$2 != "total" && $1 > 500 {print $2 " has " $1 " lines, more than 500"}'
}

generated_files() {
    tree_files "$1" . | grep -E '(^|/)(build|bin|\.run)/|\.(o|a|d|so|gch|pyc|jar|class|log|pid|orig|rej)$|~$' |
        sed 's/$/ is a product, not a source/'
    tree_files "$1" '*.c' '*.h' ':!contracts/generator' ':!tests/unit/contracts' |
        (cd "$1" && xargs -r grep -HnE '^/\* Generated') | sed 's/$/ (generated, yet here)/'
}

# Secrets are made on each machine. Tests have vectors; a password in an example is the word itself.
secrets() {
    tree_files "$1" . | (cd "$1" && xargs -r grep -HnE -e '-----BEGIN [A-Z ]*PRIVATE KEY') |
        grep -v '^tests/'
    tree_files "$1" . ':!tests' ':!docs' |
        (cd "$1" && xargs -r grep -HnEi '(^|[^0-9a-f])[0-9a-f]{64}([^0-9a-f]|$)')
    tree_files "$1" . ':!tests' |
        (cd "$1" && xargs -r grep -HnoE '://[A-Za-z0-9_]*:[A-Za-z0-9_]+@') | grep -vE ':password@|PASSWORD'
}

test_the_top_has_the_known_folders_only() {
    holds unknown_at_the_top
}

test_a_new_folder_at_the_top_is_caught() {
    catches unknown_at_the_top lib/span.c 'int x;' && catches unknown_at_the_top notes.txt 'x'
}

test_no_file_is_longer_than_500_lines() {
    holds long_files
}

test_a_long_file_is_caught() {
    catches long_files shared/base/span.h "$(seq 501)" &&
        catches long_files ops/install "$(seq 501 | sed 's/^/# /')"
}

test_nothing_generated_is_kept() {
    holds generated_files
}

test_a_generated_file_is_caught() {
    catches generated_files shared/codec/mc.h '/* Generated from the contracts of mc. */' &&
        catches generated_files shared/base/arena.o 'object'
}

test_no_secret_is_kept() {
    holds secrets
}

test_a_secret_is_caught() {
    catches secrets ops/key.pem '-----BEGIN EC PRIVATE KEY-----' &&
        catches secrets ops/local/environment "IDPMC_SEAL_KEY=$(printf '0%.0s' {1..64})" &&
        catches secrets shared/pg/pg_connection.c 'char *x = "postgresql://root:hunter2@db/x";'
}

run_tests
