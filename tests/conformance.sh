#!/bin/sh
# Runs the conformance harnesses on nsfw, where they are: cases and programs that nobody of this project wrote.
#   tests/conformance.sh [DIR]
# Prints the score of each harness and the seconds that it took; PEER=1 adds the seconds that it takes with iptables-nft.
# DIR is the folder that holds harness/ and corpus/; without it $NSFW_CONFORMANCE, or a folder named `conformance` in one
# beside the project. Needs root, python3, iptables, nftables and iproute2. Each harness fails below the score that
# docs/rule-language.md promises.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${NSFW:-$here/target/release/nsfw}

folder=${1:-${NSFW_CONFORMANCE:-}}
if [ -z "$folder" ]; then
    for candidate in "$here"/../conformance "$here"/../*/conformance; do
        [ -d "$candidate/harness" ] && folder=$candidate
    done
fi
if [ -z "$folder" ]; then
    echo "error: no conformance harnesses beside the project" >&2
    echo "help: name their folder: tests/conformance.sh DIR" >&2
    exit 2
fi
[ -x "$binary" ] || { echo "error: $binary is not built" >&2; echo "help: make build, or NSFW=PATH" >&2; exit 2; }

failed=0
run() {
    name=$1; least=$2; shift 2
    printf '%-16s ' "$name"
    began=$(date +%s)
    if out=$(python3 "$folder/harness/$name.py" --min "$least" "$@" 2>&1); then word=ok; else word="below $least"; failed=1; fi
    took=$(($(date +%s) - began))
    printf '%s  (%s, %s s)\n' "$(printf '%s\n' "$out" | tail -n 1)" "$word" "$took"
}
# The same with iptables-nft: for its time alone.
peer() {
    [ -n "${PEER:-}" ] || return 0
    name=$1; shift
    began=$(date +%s)
    python3 "$folder/harness/$name.py" --bin iptables-nft "$@" >/dev/null 2>&1 || true
    printf '  with iptables-nft: %s s\n' "$(($(date +%s) - began))"
}
run conform_t 2158 --bin "$binary iptables"
peer conform_t
run conform_native 182 --bin "$binary iptables"
peer conform_native
run conform_read 1478 --bin "$binary"
run differential 2531 --bin "$binary iptables" --corpus dev
peer differential --corpus dev
exit $failed
