#!/bin/bash
# Times facenet and dlib's own pipeline (dlib_peer.cpp) over the same photos, taking turns.
#
#     scripts/bench/peer.sh [--rounds N] PHOTOS…
#
# PHOTOS are JPEG files, or folders of them. dlib's pipeline uses one core, so it is also run as one
# process a core, each with its share of the photos. It is given OpenBLAS, which is several times
# faster for it than the reference BLAS that Debian installs by default. Reports the best of N rounds.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/../setup/common.sh"
source "$here/../setup/packages.sh"
source "$here/../setup/build.sh"
source "$here/../setup/weights.sh"
source "$here/dlib.sh"

work=$build/bench
peer=$work/dlib_peer
network=$work/dlib_face_recognition_resnet_model_v1.dat
predictor=$work/shape_predictor_5_face_landmarks.dat

prepare() {
  need_packages bench
  "$here/../facenet" --version >/dev/null
  scratch_folder
  make_folder "$work"
  need_dlib_files "$work" "${network##*/}" "${predictor##*/}"
  need_openblas
  compile_dlib_program dlib_peer
}

# contend NAME COMMAND…: one run; keeps the least wall and processor seconds, the faces and the memory.
# Processor time tells the truth on a machine that has other things to do.
contend() {
  local name=$1 status=0
  shift
  env time --quiet --format '%e %U %S %M' --output "$work/time" "$@" >"$work/out.json" 2>"$work/err.log" || status=$?
  # facenet says 3 when some photos could not be read.
  ((status == 0 || status == 3)) || fail "$name failed with exit status $status: $(tail -n1 "$work/err.log")"
  local wall user system memory
  read -r wall user system memory <"$work/time"
  say "$name: $wall s"
  seconds[$name]=$(least "$wall" "${seconds[$name]:-}")
  processor[$name]=$(least "$(awk "BEGIN { print $user + $system }")" "${processor[$name]:-}")
  faces[$name]=$(sum .face_count) || fail "the output of $name has no number of faces (see $work/out.json)"
  # dlib's programs say themselves what they took, because they may be several; facenet is measured
  # from outside.
  mib[$name]=$(sum .peak_rss_mib) || mib[$name]=$((memory / 1024))
}

least() { printf '%s\n' "$@" | awk 'NF && (least == "" || $1 + 0 < least) { least = $1 + 0 } END { print least }'; }

# sum PATH: of that number in each JSON document of the last run; each must have it.
sum() {
  jq --slurp --exit-status "map($1 | if type == \"number\" then . else error(\"not a number\") end) | add | round" "$work/out.json" 2>/dev/null
}

one_round() {
  rm -f "$work"/catalog.db*
  contend facenet env FACENET_MODELS="$models" "$program" cluster --min-face 0.025 --json --no-progress --catalog "$work/catalog.db" "${photos[@]}"
  contend 'dlib, 1 process' env LD_LIBRARY_PATH="$openblas" "$peer" "$network" "$predictor" "${photos[@]}"
  contend "dlib, $cores processes" env LD_LIBRARY_PATH="$openblas" OPENBLAS_NUM_THREADS=1 \
    xargs --null --arg-file="$work/photos" --max-procs="$cores" --max-args=$(((${#photos[@]} + cores - 1) / cores)) \
    "$peer" "$network" "$predictor"
}

report() {
  local name
  printf '%-20s %10s %14s %8s %10s %22s\n' "${#photos[@]} photos" photos/s 'CPU s a photo' faces 'peak MiB' 'facenet is faster by'
  for name in facenet 'dlib, 1 process' "dlib, $cores processes"; do
    awk -v name="$name" -v photos="${#photos[@]}" -v seconds="${seconds[$name]}" -v ours="${seconds[facenet]}" \
      -v cpu="${processor[$name]}" -v faces="${faces[$name]}" -v mib="${mib[$name]}" \
      'BEGIN { printf "%-20s %10.2f %14.3f %8d %10d %21.2fx\n", name, photos / seconds, cpu / photos, faces, mib, seconds / ours }'
  done
}

rounds=3
if [[ ${1:-} == --rounds ]]; then
  rounds=$2
  shift 2
fi
mapfile -d '' photos < <(find "$@" -type f \( -iname '*.jpg' -o -iname '*.jpeg' \) -print0 | sort -z)
((${#photos[@]})) || fail "usage: scripts/bench/peer.sh [--rounds N] PHOTOS…"
cores=$(nproc)
declare -A seconds processor faces mib
prepare
printf '%s\0' "${photos[@]}" >"$work/photos"
for ((round = 1; round <= rounds; ++round)); do one_round; done
report
