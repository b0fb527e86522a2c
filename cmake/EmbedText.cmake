# cmake "-DFILES=A;B" -DNAMESPACE=NAME -DHEADER=FILE -P EmbedText.cmake
# Writes text files as string constants to a C++ header: page.css becomes page_css.

set(header "// Generated: change the files that it holds.\n#pragma once\n\nnamespace ${NAMESPACE} {\n\n")
foreach(file IN LISTS FILES)
  file(READ "${file}" text)
  if(text MATCHES "\\)text\"")
    message(FATAL_ERROR "${file}: holds )text\", which would end its C++ string")
  endif()
  get_filename_component(name "${file}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" name)
  string(APPEND header "inline constexpr const char* ${name} = R\"text(${text})text\";\n\n")
endforeach()
string(APPEND header "}  // namespace ${NAMESPACE}\n")
file(WRITE "${HEADER}" "${header}")
