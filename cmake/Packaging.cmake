# A Debian package: `cpack -G DEB` in a build folder. It holds what `cmake --install` installs: the
# program, its LibTorch module, the weights that come with it and those in FACENET_MODELS, man pages
# and completion.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME facenet)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(FACENET_MAINTAINER "the facenet authors <facenet@facenet.invalid>" CACHE STRING "Who makes the Debian package")
set(CPACK_PACKAGE_CONTACT "${FACENET_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "find the people in a photo library")
set(CPACK_PACKAGE_DESCRIPTION
"facenet finds every face in folders of photos, groups the faces into
people, and keeps all of it in one SQLite file that can be asked and
corrected for years. What you say of a person, a name or a correction,
binds every later run and can be undone.
.
Everything runs on your own machine. Photos are never modified.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The BLAS that LibTorch and FAISS compute with; the reference one that Debian gives by default is
# many times slower.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libopenblas0-openmp)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# What Debian's policy wants in every package.
install(FILES "${PROJECT_SOURCE_DIR}/cmake/debian/copyright" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/cmake/systemd/facenet-watch.service" DESTINATION lib/systemd/user)
find_program(GZIP gzip REQUIRED)
set(log "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
file(TIMESTAMP "${log}" changed "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${CMAKE_BINARY_DIR}/changelog.Debian"
  "facenet (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
  "  * What is new stands in changelog.gz.\n\n"
  " -- ${FACENET_MAINTAINER}  ${changed}\n")
foreach(text IN ITEMS "${PROJECT_SOURCE_DIR}/models/README.md=weights.md.gz" "${log}=changelog.gz" "${CMAKE_BINARY_DIR}/changelog.Debian=changelog.Debian.gz")
  string(REPLACE "=" ";" names "${text}")
  list(GET names 0 source)
  list(GET names 1 packed)
  add_custom_command(OUTPUT "${packed}" COMMAND "${GZIP}" -9nc "${source}" > "${packed}" DEPENDS "${source}" VERBATIM)
  list(APPEND texts "${CMAKE_CURRENT_BINARY_DIR}/${packed}")
endforeach()
add_custom_target(facenet_package_texts DEPENDS ${texts})
add_dependencies(facenet facenet_package_texts)  # what is installed is there once the program is
install(FILES ${texts} DESTINATION "${CMAKE_INSTALL_DOCDIR}")

include(CPack)
