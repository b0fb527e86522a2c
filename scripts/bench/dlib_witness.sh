#!/bin/bash
# Compares dlib-resnet and mmod with dlib's own networks (dlib_witness.cpp) on real photos.
#
#     scripts/bench/dlib_witness.sh PHOTOS…
#
# PHOTOS are images or folders of them. Vectors: of every face's chip, the largest difference.
# Detections: boxes that both found, the largest distance of their edges, and those of one alone.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/../setup/common.sh"
source "$here/../setup/packages.sh"
source "$here/../setup/build.sh"
source "$here/../setup/weights.sh"
source "$here/dlib.sh"

work=$build/bench

(($#)) || fail "usage: scripts/bench/dlib_witness.sh PHOTOS…"
need_packages bench
"$here/../models" dlib
scratch_folder
make_folder "$work"
need_dlib_files "$work" dlib_face_recognition_resnet_model_v1.dat mmod_human_face_detector.dat
need_openblas
compile_dlib_program dlib_witness
"$here/dlib_witness.py" --facenet "$here/../facenet" --witness "$work/dlib_witness" --libraries "$openblas" \
  --weights "$work" "$@"
