#!/bin/bash
# check_shell.sh ROOT: passes every shell script under ROOT through shellcheck.
set -euo pipefail
cd "$1"
command -v shellcheck >/dev/null || { echo "shellcheck is not installed: apt-get install shellcheck"; exit 1; }

# Those that run, with what they source; then what is sourced by itself, whose variables are set and
# used elsewhere.
mapfile -t files < <(find . -path ./build -prune -o -path ./.git -prune -o -type f -print)
mapfile -t scripts < <(grep -lE '^#!.*\b(ba|da)?sh\b' "${files[@]}")
mapfile -t sourced < <(grep -lE '^# shellcheck shell=' "${files[@]}")
((${#scripts[@]})) || { echo "no shell scripts under $PWD"; exit 1; }
shellcheck --check-sourced "${scripts[@]}"
shellcheck --exclude=SC2034,SC2154 "${sourced[@]}"
echo "${#scripts[@]} scripts and ${#sourced[@]} sourced files"
