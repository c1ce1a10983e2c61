// What a demo or milestone leaves behind: results/NAME/ of the workspace, with its curves as SVG, the files that it
// wants to be kept, and result.json, which says what they come from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/toolchain/recorded_run.hpp"
#include "tito/ui/curve.hpp"

namespace tito {

// A file that a program wanted to be kept.
struct KeptFile {
  std::string name;
  bool kept = false;
  std::int64_t bytes = 0;
  std::int64_t tensors = -1;  // of a safetensors file, as its header says; -1 for other files
  std::int64_t numbers = 0;   // in them
  std::string problem;        // why it is not kept, or what is wrong with it
};

struct Results {
  static constexpr const char* description = "result.json";  // the name of the file that says what they come from

  std::filesystem::path folder;
  std::vector<Chart> charts;
  std::vector<std::string> pictures;  // file names, one a chart
  std::vector<KeptFile> files;
  bool written = false;
  std::string problem;  // why nothing was written, if so
};

// Writes results/NAME/ of a run that ended in `run_folder`; each file atomically, and none that is there is removed.
// Of a run that did not come to its end only the charts are worked out. `description` goes into result.json.
// throws: nothing for a folder that cannot be written: the problem is told.
Results keep_results(const std::filesystem::path& folder, const std::string& title, const DemoResult& run,
                     const std::filesystem::path& run_folder, const nlohmann::json& description);

// Copies one file of the run's folder, if it is a regular file, no link, of moderate size and with a plain name that
// none of `taken` has.
KeptFile keep_file(const std::filesystem::path& run_folder, const std::string& name,
                   const std::filesystem::path& folder, const std::vector<std::string>& taken);

// folder, charts and files; null when nothing was written.
nlohmann::json json_of(const Results& results);

}  // namespace tito
