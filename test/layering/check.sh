#!/bin/bash
# check.sh ROOT: reports every #include that crosses the layers the wrong way, and fails if there is one.
set -euo pipefail
cd "$1"

# folder, or room of a folder: what it may include besides itself; arrows go down only.
arrows='
base:
walls:         base
image:         walls base
metadata:      walls base
index:         base
index/linkage: index base
index/distributed: index/linkage index base
catalog:       base sql
weights:       image base
nn/graph:      weights base
nn/operators:  nn/graph weights base
nn/runtime:    nn/operators nn/graph weights image base
nn/design:     nn/runtime nn/graph weights base
nn/import:     walls nn/design nn/runtime nn/operators nn/graph weights base
face:          walls nn/runtime weights image base
people:        index catalog base
picture:       people catalog image base
export:        people catalog base
pipeline:      catalog face nn/import nn/design nn/runtime weights image base
exchange:      people pipeline metadata catalog face image base
watch:         pipeline base
library:       export people index/linkage index pipeline catalog face weights image base
report:        library picture people catalog image base
web:           library picture people catalog weights image base
train/eval:    index/linkage index pipeline face weights image base
train/data:    train/eval pipeline face weights image base
train/loss:    base
train:         train/data train/loss train/eval index pipeline face nn/design nn/runtime nn/graph weights image base
cmd/help:      base
cmd:           cmd/help train train/eval library pipeline catalog people face weights image base
cmd/catalog:   cmd library index pipeline people catalog base
cmd/eval:      cmd train/eval library pipeline weights image base
cmd/export:    cmd report exchange export library people catalog base
cmd/model:     cmd train/data train library pipeline catalog face weights image base
cmd/people:    cmd web exchange library picture index people catalog weights image base
cmd/watch:     cmd cmd/photos library watch pipeline people catalog weights image base
cmd/photos:    cmd library index/distributed index/linkage index pipeline people catalog face weights image base
'

# library (the beginning of the include): the folders that may include it, with their rooms. One
# marked with ! must not get about by way of our headers either: a header that includes it is private
# to these folders.
libraries='
SQLiteCpp/!            catalog
sqlite3!               catalog
faiss/!                index
dlib/!                 face
torch/!                nn face train
ATen/!                 nn face train
c10/!                  nn face train
oneapi/!               nn index
vips/!                 image
libraw/!               image
libavcodec/!           image
libavformat/!          image
libavutil/!            image
libswscale/!           image
exempi/!               metadata
httplib.h!             web
chafa.h!               picture
seccomp.h!             walls
onnx/!                 nn
google/protobuf/!      nn
flatbuffers/!          nn
tflite_generated.h!    nn
boost/!                cmd
fmt/                   base
spdlog/!               base
openssl/!              base
utf8.h!                base
glib.h!                base metadata
'

# Not every folder is there from the first day; none at all would be a wrong ROOT.
files=$(find cmd index lib train -name '*.h' -o -name '*.cpp' 2>/dev/null | sort) || true
[[ -n $files ]] || { echo "layering: no sources under $PWD"; exit 1; }

# shellcheck disable=SC2086
awk -v arrows="$arrows" -v libraries="$libraries" '
  function complain(place, what) { print place ": " what; bad = 1 }

  function top_of(folder) { sub(/\/.*/, "", folder); return folder }

  function may_use(folder, library) { return index(users[library], " " top_of(folder) " ") }

  # "nn/graph" for nn/graph/graph.h, "base" for base/error.h.
  function folder_of(file,    parts, count, room) {
    count = split(file, parts, "/")
    room = parts[1] "/" parts[2]
    return count > 2 && room in allowed ? room : parts[1]
  }

  # Rows "key: words" become words[key] = " words ".
  function read_table(text, separator, table,    rows, count, i, cut) {
    count = split(text, rows, "\n")
    for (i = 1; i <= count; i++) {
      cut = index(rows[i], separator)
      if (cut) {
        table[substr(rows[i], 1, cut - 1)] = " " substr(rows[i], cut + 1) " "
        gsub(/ +/, " ", table[substr(rows[i], 1, cut - 1)])
      }
    }
  }

  function note_library(include,    library) {
    for (library in users)
      if (index(include, library) == 1) {
        if (private_ones[library]) brings[file, library] = 1
        if (!may_use(folder, library))
          complain(FILENAME ":" FNR, folder " may not include <" include ">; only" users[library] "may")
      }
  }

  function note_header(include,    target) {
    target = folder_of(include)
    edge_from[++edges] = file
    edge_to[edges] = include
    edge_place[edges] = FILENAME ":" FNR
    if (target == include)
      complain(edge_place[edges], "\"" include "\" does not name its folder")
    else if (target != folder && !index(allowed[folder], " " target " "))
      complain(edge_place[edges], folder " may not include \"" include "\"; only" allowed[folder])
  }

  # What a header includes, those who include the header get as well.
  function spread(    changed, e, library) {
    do {
      changed = 0
      for (e = 1; e <= edges; e++)
        for (library in private_ones)
          if ((edge_to[e], library) in brings && !((edge_from[e], library) in brings)) {
            brings[edge_from[e], library] = 1
            changed = 1
          }
    } while (changed)
  }

  function check_leaks(    e, from, library) {
    for (e = 1; e <= edges; e++) {
      from = folder_of(edge_from[e])
      if (from == folder_of(edge_to[e])) continue
      for (library in private_ones)
        if ((edge_to[e], library) in brings && !may_use(from, library))
          complain(edge_place[e], "\"" edge_to[e] "\" brings <" library "…> to " from)
    }
  }

  BEGIN {
    read_table(arrows, ":", allowed)
    read_table(libraries, " ", users)
    for (library in users)
      if (library ~ /!$/) {
        name = substr(library, 1, length(library) - 1)
        users[name] = users[library]
        private_ones[name] = 1
        delete users[library]
      }
  }

  FNR == 1 {
    file = FILENAME
    sub(/^lib\//, "", file)
    folder = folder_of(file)
    if (!(folder in allowed)) complain(FILENAME, "this folder has no place in test/layering/check.sh")
  }
  /^[ \t]*#[ \t]*include[ \t]*</ { split($0, parts, /[<>]/); note_library(parts[2]) }
  /^[ \t]*#[ \t]*include[ \t]*"/ { split($0, parts, "\""); note_library(parts[2]); note_header(parts[2]) }

  END { spread(); check_leaks(); exit bad }
' $files
