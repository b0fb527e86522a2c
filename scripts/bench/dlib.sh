# Sourced by the scripts that run dlib's own networks: compiling such programs, and a BLAS for them.
# shellcheck shell=bash

# dlib is several times faster with OpenBLAS than with the reference BLAS that Debian installs by
# default, so programs are run with LD_LIBRARY_PATH=$openblas.
openblas=$build/bench/openblas/usr/lib/$(uname -m)-linux-gnu/openblas-pthread

need_openblas() {
  [[ ! -e $openblas/libblas.so.3 ]] || return 0
  say "downloading OpenBLAS for dlib (not installed on this system)"
  logged openblas env --chdir="$scratch" apt-get -q download libopenblas0-pthread || fail "apt-get could not download libopenblas0-pthread: $(cause)"
  dpkg-deb --extract "$scratch"/libopenblas0-pthread_*.deb "$build/bench/openblas"
}

# compile_dlib_program NAME: scripts/bench/NAME.cpp to build/bench/NAME, when it changed.
compile_dlib_program() {
  local program=$build/bench/$1 source=$here/$1.cpp
  [[ $program -nt $source && $program -nt $here/dlib_networks.h ]] && return
  say "compiling $1"
  logged "$1" g++ -std=c++17 -O3 -march=native -DNDEBUG -o "$program" "$source" \
    -ldlib -ljpeg -lpng -lblas -llapack -lpthread || compile_failure
}
