# Writes OUTPUT, a header that names the git commit of the checkout SOURCE: empty where there is none. Run by every build;
# the file changes only with the commit.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#define TITO_COMMIT \"@commit@\"\n" @ONLY)
