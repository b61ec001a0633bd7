# Sourced by tests that judge our documents by other people's tools, from PyPI and npm. They are
# installed once for each set of versions, under the user's cache. Where a registry is not reached (or
# its client is not here) the test is skipped and says so; where it is, a failing installation fails.
# shellcheck shell=bash
tools=${XDG_CACHE_HOME:-$HOME/.cache}/idpmc/tools

skipped() {
    echo "# note: skipped: $1"
    return 1
}

# install_once FOLDER COMMAND...: runs it with the folder's name behind, unless that was done before.
install_once() {
    local folder=$1 status=0
    shift
    mkdir -p "$tools"
    (
        flock 9
        [ ! -e "$folder/installed" ] || exit 0
        rm -rf "$folder"
        "$@" "$folder" >"$place/install" 2>&1 && touch "$folder/installed"
    ) 9>"$tools/lock" || status=1
    [ "$status" -eq 0 ] || sed 's/^/# /' "$place/install" | tail -n 20
    return "$status"
}

# The folder's name tells what is in it.
folder_of() {
    echo "$tools/$1-$(printf '%s\n' "$@" | sha256sum | cut -c 1-16)"
}

# Any package will do to see whether somebody answers.
pip_reached() {
    command -v python3 >/dev/null || skipped "python3 is not here" || return 1
    python3 -m venv "$place/probe" >/dev/null 2>&1 || skipped "python3 makes no venv here" || return 1
    timeout 30 "$place/probe/bin/pip" download --quiet --no-deps --no-cache-dir --retries 0 \
        --timeout 10 --disable-pip-version-check --dest "$place/probe" pip >/dev/null 2>&1 ||
        skipped "Python's package registry is not reached"
}

npm_reached() {
    command -v npm >/dev/null || skipped "npm is not here" || return 1
    timeout 30 npm view npm version --fetch-retries=0 --fetch-timeout=10000 >/dev/null 2>&1 ||
        skipped "npm's registry is not reached"
}

install_python() {
    python3 -m venv "${*: -1}" &&
        "${*: -1}/bin/pip" install --quiet --disable-pip-version-check "${@:1:$#-1}"
}

install_node() {
    mkdir -p "${*: -1}" && npm install --silent --no-audit --no-fund --prefix "${*: -1}" "${@:1:$#-1}"
}

# python_with PACKAGE==VERSION...: sets $python. 0; 1 with a note: skip; 2: it failed.
python_with() {
    local folder
    folder=$(folder_of python "$(python3 --version 2>&1)" "$@")
    python=$folder/bin/python
    [ -e "$folder/installed" ] && return 0
    pip_reached || return 1
    install_once "$folder" install_python "$@" || return 2
}

# node_with PACKAGE@VERSION...: sets $node_modules. As python_with.
node_with() {
    local folder
    folder=$(folder_of node "$@")
    node_modules=$folder/node_modules
    [ -e "$folder/installed" ] && command -v node >/dev/null && return 0
    npm_reached || return 1
    install_once "$folder" install_node "$@" || return 2
}
