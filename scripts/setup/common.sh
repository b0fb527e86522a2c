# Sourced by the scripts: places, messages, logs and the lock that set-ups share.
# shellcheck shell=bash
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$repository/build
cache=${XDG_CACHE_HOME:-$HOME/.cache}/facenet
models=$build/models

# On a terminal, what is going on has one line, whose place the next message takes.
clear_line=''
[[ ! -t 2 || ${TERM:-dumb} == dumb ]] || clear_line=$'\r\033[K'

# The caller's standard output belongs to facenet; everything that set-up says goes to stderr.
say() { printf '%sfacenet set-up: %s\n' "$clear_line" "$*" >&2; }

# progress TEXT: how far the work is. Where there is no terminal, a line now and then is enough.
progress() {
  if [[ -n $clear_line ]]; then
    printf '%sfacenet set-up: %s' "$clear_line" "$*" >&2
  elif ((SECONDS >= next_progress)); then
    say "$*"
    next_progress=$((SECONDS + seconds_between_lines))
  fi
}
seconds_between_lines=20
next_progress=$seconds_between_lines

fail() {
  say "$*"
  exit 2
}

# What is wanted cannot be downloaded. Who can do without it sets another exit status.
fail_to_download() {
  say "$*"
  exit "${status_without_download:-2}"
}

make_folder() {
  mkdir -p "$1" 2>/dev/null || fail "cannot make the folder $1: give this user the right to write there, or free some disk space"
}

# need_room FOLDER MIB: apt-get does not fail on a full disk but waits for ever.
need_room() {
  local free
  free=$(df --output=avail --block-size=1M "$1" | tail -n1)
  free=$((free))
  ((free >= $2)) || fail "the disk of $1 is full: $2 MB are needed there, $free MB are free"
}

# logged NAME COMMAND…: runs a noisy tool; its output goes to $log, which messages name. It speaks
# English, because cause() and the like read it.
logged() {
  make_folder "$build/log"
  log=$build/log/$1.log
  shift
  LC_ALL=C.UTF-8 "$@" </dev/null >"$log" 2>&1
}

# followed READER NAME COMMAND…: the same, and READER gets the output line by line, to tell how far it is.
followed() {
  local reader=$1 status=0
  make_folder "$build/log"
  log=$build/log/$2.log
  shift 2
  LC_ALL=C.UTF-8 "$@" </dev/null 2>&1 | tee "$log" | "$reader" || status=$?
  printf '%s' "$clear_line" >&2
  return "$status"
}

# What most likely went wrong, from $log, with what to do about it.
cause() {
  if grep -qiE 'no space left|enough free space|ENOSPC' "$log"; then
    echo "the disk is full; free some space and run this again (log: $log)"
  elif grep -qiE 'could not resolve|temporary failure|connection (failed|refused|timed out)|unreachable|could not connect|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH' "$log"; then
    echo "the network cannot be reached; connect (or set the proxy) and run this again (log: $log)"
  elif grep -qiE 'self.signed|certificate' "$log"; then
    echo "the server's certificate is not trusted; make the certificate of your network known (for npm: NODE_EXTRA_CA_CERTS) and run this again (log: $log)"
  elif grep -qiE 'EACCES|permission denied' "$log"; then
    echo "a right to write is missing: $(grep -iEm1 'EACCES|permission denied' "$log") (log: $log)"
  else
    echo "see the end of $log"
  fi
}

# Only one set-up at a time works in this folder; the lock ends with the process, or with unlock.
lock() {
  make_folder "$build"
  exec 9>"$build/.lock" || fail "cannot write in $build: give this user the right to, or copy the repository"
  flock --nonblock 9 || {
    say "waiting for another set-up in $build"
    flock 9
  }
}

unlock() { exec 9>&-; }
