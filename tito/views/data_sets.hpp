// Data sets as they are shown, and the progress of fetching and checking them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tito/data/library.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// "9.9 MB"
std::string bytes_text(std::uint64_t bytes);

std::string mark_of(const Screen& screen, Presence presence);

// What a user can do about the state of a set; "" when there is nothing to do.
std::string advice_for(const DataSet& set, const Place& place);

nlohmann::json json_of(const DataSet& set, const Place& place);

// A set that is here with its checksums right; `what` was done with it.
void print_place(Screen& screen, const DataSet& set, const Place& place, const std::string& what);

// Bars and sentences of long work, on standard error.
class LibraryProgress {
 public:
  // `bar`: draw bars, not sentences alone.
  LibraryProgress(const Screen& screen, const std::string& set, bool bar);

  LibraryEvents events();

 private:
  void show_download(const std::string& file, const DownloadProgress& at);

  const Screen* screen_;
  std::string set_;
  ProgressBar bar_;
};

}  // namespace tito
