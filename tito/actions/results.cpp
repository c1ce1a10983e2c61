#include "tito/actions/results.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/safetensors.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::int64_t largest_file = 64 << 20;
constexpr std::size_t longest_name = 100;

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name && name[0] != '.' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; });
}

// "loss.svg"; a second chart that would have the same name gets another.
std::string picture_name(const std::string& chart, const std::vector<std::string>& taken) {
  std::string stem;
  for (const unsigned char c : chart) {
    if (std::isalnum(c) != 0) stem += static_cast<char>(std::tolower(c));
    else if (!stem.empty() && stem.back() != '-') stem += '-';
  }
  while (!stem.empty() && stem.back() == '-') stem.pop_back();
  stem = stem.empty() ? "chart" : stem.substr(0, 60);
  std::string name = stem + ".svg";
  for (int i = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++i)
    name = fmt::format("{}-{}.svg", stem, i);
  return name;
}

// A file that a student's program wrote: not followed where it is a link, not waited for where it is a pipe.
class ForeignFile {
 public:
  explicit ForeignFile(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {
    if (descriptor_ < 0)
      problem_ = errno == ELOOP ? "it is a link" : errno == ENOENT ? "it was not written" : std::strerror(errno);
    else if (::fstat(descriptor_, &status_) != 0) problem_ = std::strerror(errno);
    else if (!S_ISREG(status_.st_mode)) problem_ = "it is not a regular file";
    else if (status_.st_size > largest_file) problem_ = fmt::format("it has more than {} MiB", largest_file >> 20);
  }
  ForeignFile(const ForeignFile&) = delete;
  ForeignFile& operator=(const ForeignFile&) = delete;
  ~ForeignFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  const std::string& problem() const { return problem_; }

  std::string content() const {
    std::string text(static_cast<std::size_t>(status_.st_size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t got = ::read(descriptor_, text.data() + done, text.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
  }

 private:
  int descriptor_;
  struct stat status_ {};
  std::string problem_;
};

nlohmann::json json_of(const KeptFile& file) {
  nlohmann::json object = {{"name", file.name}, {"kept", file.kept}, {"bytes", file.bytes}};
  if (file.tensors >= 0) object.update({{"tensors", file.tensors}, {"numbers", file.numbers}});
  if (!file.problem.empty()) object["problem"] = file.problem;
  return object;
}

nlohmann::json description_of(const Results& results, const DemoResult& run, const nlohmann::json& more) {
  nlohmann::json curves = nlohmann::json::array(), axes = nlohmann::json::array(), files = nlohmann::json::array();
  for (const Curve& curve : run.curves) curves.push_back({{"name", curve.name}, {"points", curve.points}});
  for (const Axes& one : run.axes) axes.push_back({{"chart", one.chart}, {"x", one.x}, {"y", one.y}});
  for (const KeptFile& file : results.files) files.push_back(json_of(file));
  nlohmann::json object = {{"schema", "tito-result/1"},  {"at", utc_now()},
                           {"seed", run.seed},           {"seconds", run.seconds},
                           {"data", run.data},           {"measures", json_of(run.measures)},
                           {"charts", results.pictures}, {"files", files},
                           {"curves", curves},           {"axes", axes}};
  object.update(more);
  return object;
}

}  // namespace

KeptFile keep_file(const fs::path& run_folder, const std::string& name, const fs::path& folder,
                   const std::vector<std::string>& taken) {
  KeptFile file{name.substr(0, longest_name), false, 0, -1, 0, ""};
  if (!is_plain_name(name)) {
    file.problem = "its name is no plain file name of letters, digits, '.', '_' and '-'";
    return file;
  }
  if (name == Results::description || std::find(taken.begin(), taken.end(), name) != taken.end()) {
    file.problem = "another file has its name";
    return file;
  }
  {
    const ForeignFile source(run_folder / name);
    file.problem = source.problem();
    if (!file.problem.empty()) return file;
    const std::string content = source.content();
    file.bytes = static_cast<std::int64_t>(content.size());
    write_atomically(folder / name, content);
    file.kept = true;
  }
  if (!name.ends_with(".safetensors")) return file;
  try {
    const std::vector<TensorEntry> entries = read_safetensors_header(folder / name);
    file.tensors = static_cast<std::int64_t>(entries.size());
    for (const TensorEntry& entry : entries) file.numbers += entry.numbers;
  } catch (const Failure& failure) {
    file.problem = printable(failure.what());
  }
  return file;
}

Results keep_results(const fs::path& folder, const std::string& title, const DemoResult& run,
                     const fs::path& run_folder, const nlohmann::json& description) {
  Results results;
  results.folder = folder;
  results.charts = charts_of(run.curves, run.axes);
  if (!run.finished) return results;
  try {
    make_folders(folder);
    std::vector<std::string> taken;
    for (const Chart& chart : results.charts) {
      results.pictures.push_back(picture_name(chart.name, taken));
      taken.push_back(results.pictures.back());
      write_atomically(folder / results.pictures.back(), svg_of(chart, title));
    }
    for (const std::string& name : run.files) {
      results.files.push_back(keep_file(run_folder, name, folder, taken));
      taken.push_back(name);
    }
    write_atomically(
        folder / Results::description,
        description_of(results, run, description).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    results.written = true;
  } catch (const Failure& failure) {
    results.problem = failure.what();
  }
  return results;
}

nlohmann::json json_of(const Results& results) {
  if (!results.written) return nullptr;
  nlohmann::json files = nlohmann::json::array();
  for (const KeptFile& file : results.files) files.push_back(json_of(file));
  return {{"folder", results.folder.string()}, {"charts", results.pictures}, {"files", files}};
}

}  // namespace tito
