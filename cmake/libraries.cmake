# The libraries certpush stands on; Debian 12's versions are the oldest known to do.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(SSH2 REQUIRED IMPORTED_TARGET libssh2>=1.10)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2.5)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns>=1.8.3)
