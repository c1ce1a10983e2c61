#include "tito/data/curl_library.hpp"

#include <dlfcn.h>

#include <string>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr const char* file = "libcurl.so.4";

CurlLibrary load() {
  void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Failure(Exit::environment, std::string("nothing can be fetched without libcurl: ") + ::dlerror(),
                  "apt-get install libcurl4");
  }
  CurlLibrary curl{};
  const auto find = [&]<class Function>(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr) {
      throw Failure(Exit::environment, std::string(file) + " has no " + name + ": it is too old",
                    "apt-get install libcurl4");
    }
  };
  find(curl.global_init, "curl_global_init");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_header, "curl_easy_header");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_info_read, "curl_multi_info_read");
  find(curl.url, "curl_url");
  find(curl.url_cleanup, "curl_url_cleanup");
  find(curl.url_get, "curl_url_get");
  find(curl.url_set, "curl_url_set");
  find(curl.free, "curl_free");
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Failure(Exit::environment, "libcurl does not start");
  return curl;
}

}  // namespace

const CurlLibrary& curl() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace tito
