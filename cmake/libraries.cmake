# The libraries certpush stands on; Debian 12's versions are the oldest known to do.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(SSH2 REQUIRED IMPORTED_TARGET libssh2>=1.10)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2.5)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat>=2.5)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns>=1.8.3)

# Not needed: without it the DNSSEC of a domain isn't looked at before an order. Not by pkg-config: Debian 12's libunbound-dev
# names packages there that it doesn't depend on.
option(CERTPUSH_DNSSEC "look at DNSSEC with libunbound, if it is there" ON)
find_path(UNBOUND_INCLUDE unbound.h)
find_library(UNBOUND_LIBRARY unbound)
mark_as_advanced(UNBOUND_INCLUDE UNBOUND_LIBRARY)
set(validator)
if(CERTPUSH_DNSSEC AND UNBOUND_INCLUDE AND UNBOUND_LIBRARY)
	add_library(unbound UNKNOWN IMPORTED)
	set_target_properties(unbound PROPERTIES IMPORTED_LOCATION ${UNBOUND_LIBRARY}
		INTERFACE_INCLUDE_DIRECTORIES ${UNBOUND_INCLUDE} INTERFACE_COMPILE_DEFINITIONS CERTPUSH_UNBOUND)
	set(validator unbound)
else()
	message(STATUS "without libunbound: DNSSEC isn't looked at")
endif()
