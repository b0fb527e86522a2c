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

# need_program: the optimised program, with packages and weights. Where sources changed it is compiled.
need_program() {
  ! is_ready || return 0
  [[ -x $program ]] || say "this is the first time: Debian's packages, then compiling, then weights; it takes some minutes"
  begin_set_up
  need_packages build
  [[ -e $build/release/build.ninja ]] || configure release -DFACENET_BUILD_TESTS=OFF
  compile release facenet
  need_weights_if_available
  end_set_up
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

# Prints how long SECONDS are, in words.
about() {
  if (($1 < 45)); then
    echo "less than a minute"
  elif (($1 < 90)); then
    echo "about a minute"
  else
    echo "some $((($1 + 30) / 60)) minutes"
  fi
}

doing=compiling

# Reads ninja's output, with the status of ninja_build. What is left takes as long as what is done did;
# the first tenth does not tell, because precompiled headers come first.
follow_ninja() {
  local line=Starting finished=0 total=0 elapsed=0 since=$SECONDS left status=0
  while [[ $status == 0 || $status -gt 128 ]]; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\ ([0-9]+)[.0-9]*\ s\] ]]; then
      finished=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]} elapsed=${BASH_REMATCH[3]} since=$SECONDS
    fi
    if ((finished * 10 >= total && finished)); then
      left=$((elapsed * (total - finished) / finished - (SECONDS - since)))
      progress "$doing $finished of $total, $(about "$left") left"
    elif ((finished)); then
      progress "$doing $finished of $total"
    fi
    # Without a line for a second, only the time left changes.
    status=0
    IFS= read -r -t 1 line || status=$?
  done
}

# ninja_build PRESET [OPTION…]: builds, and tells how far it is.
ninja_build() {
  local preset=$1
  shift
  followed follow_ninja "compile-$preset" env NINJA_STATUS='[%f/%t %e s] ' cmake --build "$build/$preset" "$@"
}

# compile PRESET [TARGET]
compile() {
  say "compiling ${2:-facenet and its tests} ($1)"
  ninja_build "$1" ${2:+--target "$2"} || compile_failure
}

# Sources that no target of the build "tidy" compiles. There, most stand in files that include several.
unseen_by_tidy() {
  comm -23 <(cd "$repository" && find cmd index lib scripts test train -name '*.cpp' | sort) \
    <(grep -rhoE --include=compile_commands.json --include='unity_*.cxx' '/[^ "]+[.]cpp' "$build/tidy" | sed "s,^$repository/,," | sort -u)
}

# Goes on after the first complaint, to show all.
check_with_tidy() {
  local unseen
  say "passing all files through clang-tidy (the first time takes half an hour or more)"
  doing=checking
  if ! ninja_build tidy -- -k 0; then
    grep -E '(error|warning): ' "$log" | sort -u >&2 || true
    fail "clang-tidy complains (log: $log)"
  fi
  unseen=$(unseen_by_tidy)
  [[ -z $unseen ]] || fail "no target compiles these files, so clang-tidy has not seen them: ${unseen//$'\n'/ }"
  say "clang-tidy has no complaints"
}
