#!/bin/bash
# videos.sh PHOTO…: what `facenet embed --videos` takes of a processor for a minute of film in 1080p: pans
# over the photos, with noise, as H.264 with few key frames and as HEVC with one a second. Needs ffmpeg, and
# facenet in build/release.
set -euo pipefail
facenet=${FACENET:-build/release/cmd/facenet}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

inputs=()
filter=''
parts=''
for ((i = 0; i < $#; ++i)); do
  inputs+=(-loop 1 -framerate 30 -t 5 -i "${*:i + 1:1}")
  filter+="[$i]scale=2400:1350:force_original_aspect_ratio=increase,crop=1920:1080"
  filter+=":x='(iw-ow)/2*(1+sin(t/3))':y='(ih-oh)/2*(1+cos(t/4))',setsar=1[v$i];"
  parts+="[v$i]"
done
ffmpeg -nostdin -v error "${inputs[@]}" -filter_complex "$filter${parts}concat=n=$#,noise=alls=6:allf=t" \
  -pix_fmt yuv420p -c:v libx264 -preset veryfast "$folder/h264.mp4"
ffmpeg -nostdin -v error -i "$folder/h264.mp4" -c:v libx265 -preset ultrafast \
  -x265-params log-level=none:keyint=30 "$folder/hevc.mp4"
TIMEFORMAT='%U s of a processor, and %S s of the system'
for codec in h264 hevc; do
  ffmpeg -nostdin -v error -stream_loop 20 -i "$folder/$codec.mp4" -t 60 -c copy "$folder/$codec-minute.mp4"
  echo "$codec:"
  time "$facenet" embed "$folder/$codec-minute.mp4" --videos --threads 1 --catalog "$folder/$codec.db"
done
