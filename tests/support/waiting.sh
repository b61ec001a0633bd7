# Sourced by test scripts that have a function `sql`.
# shellcheck shell=bash

# wait_for SQL: until it is true.
wait_for() {
    local deadline=$((SECONDS + 60))
    until [ "$(sql "select ($1)")" = t ]; do
        [ $SECONDS -lt $deadline ] || { echo "# never came: $1"; return 1; }
        sleep 0.05
    done
}
