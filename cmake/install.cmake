# "cmake --install" and the Debian package: tito, its manual and completions, and the course as a kit that needs neither
# the source tree nor the build tree.

include(GNUInstallDirs)
install(TARGETS tito RUNTIME DESTINATION bin COMPONENT tito)
install(DIRECTORY "${CMAKE_BINARY_DIR}/man/" DESTINATION share/man/man1 COMPONENT tito)
install(FILES "${CMAKE_BINARY_DIR}/completion/tito" DESTINATION share/bash-completion/completions COMPONENT tito)
install(FILES "${CMAKE_BINARY_DIR}/completion/_tito" DESTINATION share/zsh/vendor-completions COMPONENT tito)
install(FILES "${CMAKE_BINARY_DIR}/completion/tito.fish" DESTINATION share/fish/vendor_completions.d COMPONENT tito)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/doc/tito RENAME copyright COMPONENT tito)

# tito_install_kit(NAME [EXCLUDE_FROM_ALL]): the kit of a course, as the component of its name.
function(tito_install_kit name)
  install(CODE "
    execute_process(COMMAND \"${CMAKE_COMMAND}\" \"-DKIT=${CMAKE_BINARY_DIR}/kits/${name}/kit.json\"
      \"-DSOURCE=${PROJECT_SOURCE_DIR}\" \"-DBUILD=${CMAKE_BINARY_DIR}\"
      \"-DTO=\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/tito/kits/${name}\"
      -P \"${PROJECT_SOURCE_DIR}/cmake/install_kit.cmake\" COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT ${name} ${ARGN})
endfunction()
tito_install_kit(tinytorch)
tito_install_kit(toy EXCLUDE_FROM_ALL)  # for tests/tito/commands/install_test.cpp

# What students' code is compiled and linked with: the packages that packages.txt marks.
file(STRINGS "${PROJECT_SOURCE_DIR}/packages.txt" needed REGEX "^[^# ]+ +\\+ ")
list(TRANSFORM needed REPLACE " .*" "")
list(APPEND needed libcurl4 ca-certificates)  # which tito loads when it fetches
list(JOIN needed ", " needed)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tito)
set(CPACK_PACKAGE_CONTACT "the tito project <tito@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)  # objects and libraries are linked with students' code
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION education)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${needed}")
include(CPack)
