#!/bin/bash
# videos.sh [-k FOLDER] PHOTO…: what `facenet embed --videos` takes of a processor for a minute of film in 1080p,
# and how many faces it finds. The films are pans over the photos, with noise, as H.264 with few key frames and as
# HEVC with one a second, and the photos standing still, as HEVC. -k keeps films and catalogs in FOLDER, and uses
# the films that are there. Needs ffmpeg, and facenet in build/release.
set -euo pipefail
facenet=${FACENET:-build/release/cmd/facenet}
if [[ ${1:-} == -k ]]; then
  folder=$2
  mkdir -p "$folder"
  shift 2
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

# make_film FILE X Y PHOTO…: what of the photos is seen, five seconds each.
make_film() {
  local file=$1 x=$2 y=$3 filter='' parts='' i
  shift 3
  local inputs=()
  for ((i = 0; i < $#; ++i)); do
    inputs+=(-loop 1 -framerate 30 -t 5 -i "${*:i + 1:1}")
    filter+="[$i]scale=2400:1350:force_original_aspect_ratio=increase,crop=1920:1080:x='$x':y='$y',setsar=1[v$i];"
    parts+="[v$i]"
  done
  ffmpeg -nostdin -v error "${inputs[@]}" -filter_complex "$filter${parts}concat=n=$#,noise=alls=6:allf=t" \
    -pix_fmt yuv420p -c:v libx264 -preset veryfast "$file"
}
as_hevc() {
  ffmpeg -nostdin -v error -i "$1" -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=30 "$2"
}

if [[ ! -e $folder/made ]]; then
  make_film "$folder/pan-h264.mp4" '(iw-ow)/2*(1+sin(t/3))' '(ih-oh)/2*(1+cos(t/4))' "$@"
  make_film "$folder/still-h264.mp4" '(iw-ow)/2' '(ih-oh)/2' "$@"
  as_hevc "$folder/pan-h264.mp4" "$folder/pan-hevc.mp4"
  as_hevc "$folder/still-h264.mp4" "$folder/still-hevc.mp4"
  for film in pan-h264 pan-hevc still-hevc; do
    ffmpeg -nostdin -v error -stream_loop 20 -i "$folder/$film.mp4" -t 60 -c copy "$folder/minute-$film.mp4"
  done
  touch "$folder/made"
fi
TIMEFORMAT='%U s of a processor, and %S s of the system'
for film in pan-h264 pan-hevc still-hevc; do
  rm -f "$folder/$film.db"
  echo "$film:"
  time "$facenet" embed "$folder/minute-$film.mp4" --videos --threads 1 --catalog "$folder/$film.db"
done
