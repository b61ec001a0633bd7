# Sourced by the architecture's tests, beside script_tests.sh. A gate is a function that takes a
# tree's root and prints a line for each breach, which begins with the file. `holds` wants none in
# this tree; `catches` plants a breach in a copy and wants to see it.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/script_tests.sh"

# Where the objects are: of programs in bin/ in build/, of others beside them.
bin=$(realpath -m "${BIN:-bin}")
build=${bin%/bin}
[ "$build" != "$PWD" ] || build=$PWD/build

# tree_files ROOT PATHSPEC...: files that git knows, or would take.
tree_files() {
    local root=$1 file
    shift
    git -C "$root" ls-files --cached --others --exclude-standard -- "$@" |
        while read -r file; do [ ! -f "$root/$file" ] || echo "$file"; done
}

# A copy of the tree, as a repository of its own in which nothing is committed.
copy_tree() {
    local files
    mapfile -t files < <(tree_files . .)
    mkdir -p "$1"
    cp -p --parents "${files[@]}" "$1"
    git -C "$1" init --quiet
}

# includes ROOT PATHSPEC...: `file name` for each include, with its <> or "".
includes() {
    local root=$1
    tree_files "$@" | (cd "$root" && xargs -r grep -HE '^[[:space:]]*#[[:space:]]*include') |
        sed -E 's/^([^:]+):[^<"]*([<"][^>"]*[>"]).*/\1 \2/'
}

holds() {
    local breaches
    breaches=$("$1" .)
    [ -z "$breaches" ] && return 0
    sed 's/^/# /' <<<"$breaches"
    return 1
}

# What a gate says of a copy without a breach of ours; asked once.
before() {
    local said=$place/said.$1
    [ -d "$place/copy" ] || copy_tree "$place/copy"
    [ -e "$said" ] || "$1" "$place/copy" >"$said"
    cat "$said"
}

# catches GATE FILE LINE: with this line added to this file, it names the file more often.
catches() {
    local gate=$1 file=$2 line=$3 known seen planted
    known=$(before "$gate" | grep -c "^$file")
    planted=$place/copy/$file
    mkdir -p "$(dirname "$planted")"
    [ ! -e "$planted" ] || cp -p "$planted" "$place/kept"
    printf '%s\n' "$line" >>"$planted"
    seen=$("$gate" "$place/copy" | grep -c "^$file")
    rm "$planted"
    [ ! -e "$place/kept" ] || mv "$place/kept" "$planted"
    [ "$seen" -gt "$known" ] && return 0
    echo "# $gate does not see this in $file: $line"
    return 1
}
