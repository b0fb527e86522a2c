# ctest reads this for each program whose start is slow: one test for each suite of the program, where
# gtest_discover_tests() has one for each test. FACENET_TEST_PROGRAM is the program, …_LIST where its
# suites are noted, …_PROPERTIES what every one of them has.
if(NOT EXISTS "${FACENET_TEST_PROGRAM}")
  add_test("${FACENET_TEST_PROGRAM}_NOT_BUILT" "${FACENET_TEST_PROGRAM}_NOT_BUILT")
  return()
endif()
if("${FACENET_TEST_PROGRAM}" IS_NEWER_THAN "${FACENET_TEST_LIST}")
  execute_process(COMMAND "${FACENET_TEST_PROGRAM}" --gtest_list_tests
    OUTPUT_VARIABLE listed TIMEOUT 120 COMMAND_ERROR_IS_FATAL ANY)
  # Suites stand at the beginning of a line and end in a dot; their tests are indented.
  string(REGEX MATCHALL "\n[^ \n]+\\.[ \n]" suites "\n${listed}")
  list(TRANSFORM suites STRIP)
  list(TRANSFORM suites REPLACE "\\.$" "")
  list(JOIN suites "\n" suites)
  file(WRITE "${FACENET_TEST_LIST}" "${suites}\n")
endif()
file(STRINGS "${FACENET_TEST_LIST}" suites)
foreach(suite IN LISTS suites)
  add_test("${suite}" "${FACENET_TEST_PROGRAM}" "--gtest_filter=${suite}.*")
  set_tests_properties("${suite}" PROPERTIES ${FACENET_TEST_PROPERTIES})
endforeach()
