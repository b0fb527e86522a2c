# cmake -DSOURCE=… -DOUTPUT=… -P Commit.cmake: writes the commit that the sources are at into a source
# file of its own, and touches the file only when that changed. Runs with every build.
#
# Without Git, and where the sources are not a checkout of their own (a tarball, unpacked perhaps
# inside of another repository), the commit is empty.
set(commit "")
find_package(Git QUIET)
if(Git_FOUND AND EXISTS "${SOURCE}/.git")
  execute_process(
    COMMAND "${GIT_EXECUTABLE}" describe --always --dirty --abbrev=7 --exclude=*
    WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE commit RESULT_VARIABLE status ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    set(commit "")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "cmd/version.h"

namespace facenet {

const char* const kCommit = "@commit@";

}  // namespace facenet
]])
