# cmake --install: tools, headers and libraries in their usual places.

include(GNUInstallDirs)
get_property(tools GLOBAL PROPERTY ESPRESSO_TOOLS)
get_property(libraries GLOBAL PROPERTY ESPRESSO_LIBRARIES)
if(tools)
  install(TARGETS ${tools} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(libraries)
  install(TARGETS ${libraries} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/espresso"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
# What public headers include of the tables made from records.
install(DIRECTORY "${PROJECT_BINARY_DIR}/include/espresso"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h.inc")
