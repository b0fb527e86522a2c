#!/bin/bash
# folder_sizes.sh ROOT: reports every folder with more than 15 files of its own; headers and
# CMakeLists.txt are not counted. ARCHITECTURE.md gives the reasons for those that may have more.
set -euo pipefail
cd "$1"

may_have_more='sql/queries scripts/bench'
most=15
bad=0

for folder in $may_have_more; do
  grep -qF "\`$folder\`" ARCHITECTURE.md || { echo "ARCHITECTURE.md gives no reason for $folder"; bad=1; }
done

while read -r count folder; do
  if ((count > most)) && [[ " $may_have_more " != *" $folder "* ]]; then
    echo "$folder has $count files, and $most at most: part it, or write the reason in ARCHITECTURE.md"
    bad=1
  fi
done < <(find cmd docs index lib models scripts sql test train -type f \
  ! -name '*.h' ! -name CMakeLists.txt ! -path '*/__pycache__/*' -printf '%h\n' | sort | uniq -c)

exit "$bad"
