# The language, the warnings and the hardening, the same for every target.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(CERTPUSH_WERROR "treat warnings as errors" OFF)
set(CERTPUSH_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(CERTPUSH_FUZZ "build the fuzz targets (clang)" OFF)
option(CERTPUSH_VALGRIND "run the end-to-end tests under valgrind" OFF)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wformat=2 -Wwrite-strings -Wcast-qual -Wswitch-enum -Wundef -Wvla)
if(CERTPUSH_WERROR)
	add_compile_options(-Werror)
endif()

if(CERTPUSH_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CERTPUSH_SANITIZE)
	add_compile_options(-fsanitize=${CERTPUSH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
	add_link_options(-fsanitize=${CERTPUSH_SANITIZE})
else()
	add_compile_options(-fstack-protector-strong)
	add_link_options(-Wl,-z,relro,-z,now)
	if(CMAKE_BUILD_TYPE MATCHES "Rel")
		add_compile_options(-D_FORTIFY_SOURCE=3)
	endif()
endif()
