#!/bin/sh
# The main job on the embedded sandbox: redrive dead letters in three accounts, with a plan first.
# Usage: demo.sh PATH-TO-AWSOPS. Needs nothing of yours and leaves nothing behind.
set -eu
awsops=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/awsops-demo.XXXXXX")
export AWSOPS_CONFIG_DIR="$home/config" AWSOPS_STATE_DIR="$home/state" AWSOPS_CACHE_DIR="$home/cache"

finish() {
    code=$?
    trap - EXIT INT TERM
    "$awsops" sandbox stop demo --output text >/dev/null 2>&1 || true
    rm -rf "$home"
    if [ "$code" -eq 0 ]; then echo; echo "sandbox stopped; nothing is left behind"; fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m$ awsops %s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n$ awsops %s\n' "$*"; }

say "sandbox start demo"
"$awsops" sandbox start demo --output table --fields name,endpoint,profiles 2>/dev/null
environment=$("$awsops" sandbox env demo)
eval "$environment"

say "creds whoami -p 'demo-*'"
"$awsops" creds whoami -p 'demo-*' --output table --fields profile,account,arn

say "sqs ls -p 'demo-*' 'orders*'"
"$awsops" sqs ls -p 'demo-*' 'orders*' --output table --fields profile,name,visible,dlq

columns=profile,dlq,destination,matched,moved,skipped,failed,rate
say "recipe run redrive-dlq -p 'demo-*' --yes"
"$awsops" recipe run redrive-dlq -p 'demo-*' --yes --output table --fields $columns

say "sqs ls -p 'demo-*' 'orders*'"
"$awsops" sqs ls -p 'demo-*' 'orders*' --output table --fields profile,name,visible,dlq
