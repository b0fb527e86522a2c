# Sourced by the scripts: compiling, and knowing when that is needed.
# shellcheck shell=bash

program=$build/release/cmd/facenet
# Exists once everything is in place; as old as the start of the set-up that made it.
ready=$build/.ready
# Exists while the default weights could not be downloaded.
without_download=$build/.built-in-weights

# True when no source changed since the last set-up. Folders count, so that removed files do, too.
# Runs before every command: one find over a few hundred files, a few milliseconds.
is_ready() {
  [[ -x $program && -e $ready ]] || return 1
  [[ -e $without_download || -e $models/mobilefacenet-512.safetensors && -e $models/mtcnn.safetensors ]] || return 1
  local sources=(CMakeLists.txt CMakePresets.json cmake cmd index lib models sql train scripts/packages scripts/models.sha256)
  [[ -z $(cd "$repository" && find "${sources[@]}" -newer "$ready" -print -quit 2>/dev/null) ]]
}

# What changes during a set-up is newer than its beginning, so the next set-up sees it.
begin_set_up() { touch "$build/.started" || fail "cannot write in $build: free some disk space"; }
end_set_up() { mv "$build/.started" "$ready"; }

compile_failure() {
  local line
  line=$(grep -m1 -E 'error:|undefined reference|cannot find -l' "$log" || true)
  if grep -qE 'Killed signal|virtual memory exhausted|cannot allocate memory' "$log"; then
    fail "compiling ran out of memory: run CMAKE_BUILD_PARALLEL_LEVEL=1 scripts/facenet, or close other programs (log: $log)"
  elif [[ -n $line ]]; then
    fail "compiling failed: $line (log: $log)"
  fi
  fail "compiling failed: $(cause)"
}

# configure PRESET OPTION…
configure() {
  local preset=$1
  shift
  logged "configure-$preset" env --chdir="$repository" cmake --preset "$preset" "$@" ||
    fail "CMake could not prepare the build (if this folder was moved, delete $build/$preset): $(cause)"
}

# compile PRESET [TARGET]
compile() {
  local preset=$1
  say "compiling${2:+ $2} ($preset; the first time takes several minutes)"
  logged "compile-$preset" cmake --build "$build/$preset" ${2:+--target "$2"} || compile_failure
}
