#!/bin/bash
# The check itself: a clean tree passes, and each kind of violation is found and named.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

plant() {
  mkdir -p "$tree/$(dirname "$1")"
  printf '%s\n' "$2" >"$tree/$1"
}

# expect FILE INCLUDE: that line alone in a clean tree must be found.
expect() {
  plant "$1" "#include $2"
  local found
  if found=$("$here/check.sh" "$tree"); then
    echo "not found: $2 in $1"
    exit 1
  fi
  [[ $found == "$1:1: "*"${2//[<>\"]/}"* && $(wc -l <<<"$found") == 1 ]] || {
    echo "reported otherwise: $found"
    exit 1
  }
  rm "$tree/$1"
}

plant cmd/main.cpp $'#include <boost/program_options.hpp>\n#include "people/people.h"\n#include "train/trainer.h"'
plant index/neighbours.cpp $'#include <faiss/IndexFlat.h>\n#include "index/neighbours.h"'
plant lib/base/format.h '#include <fmt/format.h>'
plant lib/catalog/catalog.cpp $'#include <SQLiteCpp/SQLiteCpp.h>\n#include <sqlite3.h>\n#include "base/error.h"'
plant lib/face/mtcnn.cpp $'#include <torch/torch.h>\n#include "nn/runtime/graph_network.h"\n// #include "pipeline/scan.h"'
"$here/check.sh" "$tree" || { echo "a clean tree was rejected"; exit 1; }

expect lib/people/x.cpp '<SQLiteCpp/SQLiteCpp.h>'
expect lib/pipeline/x.cpp '<sqlite3.h>'
expect lib/people/x.cpp '<faiss/IndexFlat.h>'
expect lib/nn/graph/x.cpp '<dlib/image_processing.h>'
expect lib/pipeline/x.cpp '<torch/torch.h>'
expect index/x.cpp '<ATen/Parallel.h>'
expect cmd/x.cpp '<c10/util/Exception.h>'
expect lib/face/x.cpp '<vips/vips.h>'
expect lib/catalog/x.cpp '<exempi/xmp.h>'
expect lib/base/x.cpp '<boost/program_options.hpp>'
expect lib/nn/graph/x.cpp '<fmt/format.h>'
expect cmd/x.cpp '<spdlog/spdlog.h>'
expect lib/weights/x.cpp '<openssl/evp.h>'
expect lib/face/x.cpp '<onnx/onnx_pb.h>'
expect lib/face/x.cpp '<google/protobuf/message.h>'

expect lib/base/x.h '"image/image.h"'
expect lib/image/x.cpp '"nn/graph/graph.h"'
expect lib/nn/runtime/x.cpp '"face/face.h"'
expect lib/catalog/x.cpp '"people/people.h"'
expect lib/people/x.cpp '"index/linkage/agglomerate.h"'
expect lib/people/x.cpp '"library/recluster.h"'
expect lib/pipeline/x.cpp '"people/people.h"'
expect index/x.cpp '"nn/runtime/embedder.h"'
expect index/x.cpp '"index/linkage/grow.h"'
expect train/loss/x.cpp '"pipeline/scan.h"'
expect train/eval/x.cpp '"train/trainer.h"'
expect lib/weights/x.cpp '<torch/torch.h>'
expect lib/nn/graph/x.cpp '"nn/operators/operators.h"'
expect lib/nn/runtime/x.cpp '"nn/import/onnx.h"'
expect train/x.cpp '"cmd/command.h"'
expect lib/nn/graph/x.cpp '"graph.h"'
# A library behind a header, directly and at one remove.
plant lib/catalog/database.h '#include <SQLiteCpp/Database.h>'
plant lib/catalog/statement.h '#include "catalog/database.h"'
plant lib/catalog/rows.cpp '#include "catalog/statement.h"'
"$here/check.sh" "$tree" || { echo "a private header was rejected"; exit 1; }
expect lib/people/x.cpp '"catalog/database.h"'
expect lib/people/x.cpp '"catalog/statement.h"'

# A file beside the rooms of a folder that has only rooms.
plant lib/nn/stray.cpp '// nothing'
if "$here/check.sh" "$tree" >/dev/null; then echo "not found: a file outside of any room"; exit 1; fi

# The count of files.
sizes=$here/folder_sizes.sh
for folder in cmd docs index lib/base models scripts/bench sql/queries test train; do mkdir -p "$tree/$folder"; done
# shellcheck disable=SC2016
echo '`sql/queries` and `scripts/bench` have more.' >"$tree/ARCHITECTURE.md"
touch "$tree"/sql/queries/{1..20}.sql "$tree"/lib/base/x{1..20}.h "$tree"/train/x{1..15}.cpp
"$sizes" "$tree" || { echo "folders of the right size were rejected"; exit 1; }
touch "$tree/train/x16.cpp"
! "$sizes" "$tree" >/dev/null || { echo "16 files in a folder were not found"; exit 1; }
rm "$tree/train/x16.cpp"
echo >"$tree/ARCHITECTURE.md"
! "$sizes" "$tree" >/dev/null || { echo "a missing reason was not found"; exit 1; }

echo "layering: every violation was found"
