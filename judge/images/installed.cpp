#include "judge/images/installed.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tinytorch/errors.hpp"

namespace judge {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using tinytorch::IoError;

constexpr const char* note_name = "set.json";

// The environment variable's value; "" when it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

json parse(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream) throw IoError(file + ": cannot be read");
  try {
    return json::parse(text.str());
  } catch (const json::exception& error) {
    throw IoError(file + ": is damaged: " + error.what());
  }
}

// A value of a JSON file with its path, for error messages.
class Entry {
 public:
  Entry(const json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& problem) const { throw IoError(path_ + ": " + problem); }

  bool has(const char* key) const { return value_->is_object() && value_->contains(key); }

  Entry operator[](const std::string& key) const {
    const std::string at = path_ + (path_.ends_with(':') ? " " : ".") + key;
    if (!value_->is_object() || !value_->contains(key)) throw IoError(at + ": is missing");
    return {(*value_)[key], at};
  }

  std::vector<Entry> items() const {
    if (!value_->is_array()) fail("expected a list");
    std::vector<Entry> all;
    for (std::size_t i = 0; i < value_->size(); ++i)
      all.emplace_back((*value_)[i], path_ + "[" + std::to_string(i) + "]");
    return all;
  }

  const std::string& text() const {
    if (!value_->is_string()) fail("expected a text");
    return value_->get_ref<const std::string&>();
  }

  std::int64_t whole(std::int64_t low, std::int64_t high) const {
    if (!value_->is_number_integer() || *value_ < low || *value_ > high) {
      fail("expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value_->get<std::int64_t>();
  }

 private:
  const json* value_;
  std::string path_;
};

ImageLayout layout_of(const Entry& set) {
  ImageLayout layout;
  layout.format = set["format"].text();
  const std::vector<Entry> extents = set["image"].items();
  if (extents.size() != layout.image.size()) set["image"].fail("expected three numbers: channels, rows and columns");
  for (std::size_t i = 0; i < extents.size(); ++i) layout.image.at(i) = extents[i].whole(1, 4096);
  layout.classes = static_cast<std::int64_t>(set["classes"].items().size());
  return layout;
}

// The files of a set in one folder, each plain or gzipped, if all are there.
std::optional<InstalledSet> look_into(const Entry& set, const std::string& folder) {
  InstalledSet found{set["title"].text(), layout_of(set), {}, {}};
  for (const Entry& file : set["files"].items()) {
    std::string path = folder + "/" + file["name"].text();
    if (!is_file(path)) path += ".gz";
    if (!is_file(path)) return std::nullopt;
    const std::string& part = file["part"].text();
    if (part != "train" && part != "test") file["part"].fail("expected \"train\" or \"test\"");
    std::vector<std::string>& files = part == "train" ? found.train : found.test;
    files.insert(file["holds"].text() == "images" ? files.begin() : files.end(), path);
  }
  return found;
}

// Whether the files that are not gzipped have the sizes of this edition's.
bool sizes_fit(const Entry& edition, const InstalledSet& found) {
  for (const auto& files : {found.train, found.test}) {
    for (const std::string& file : files) {
      if (file.ends_with(".gz")) continue;
      std::error_code error;
      const auto size = static_cast<std::int64_t>(fs::file_size(file, error));
      if (error || edition["contents"][fs::path(file).filename().string()]["size"].whole(1, INT64_MAX) != size)
        return false;
    }
  }
  return true;
}

// The edition's title that was written down when the files were checked; else the set's.
std::string title_of(const Entry& set, const InstalledSet& found, const std::string& own_folder) {
  const std::string file = own_folder + "/" + note_name;
  if (!is_file(file)) return found.title;
  const json text = parse(file);
  const Entry note(text, file + ":");
  const std::string& checked = note["edition"].text();
  if (note["set"].text() != set["name"].text()) return found.title;
  for (const Entry& edition : set["editions"].items()) {
    if (edition["title"].text() == checked && sizes_fit(edition, found)) return checked;
  }
  return found.title;
}

}  // namespace

std::string data_folder() {
  if (const std::string said = variable("TITO_DATA"); !said.empty()) return said;
  // A relative XDG_DATA_HOME is to be ignored, says the XDG base directory specification.
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) return data + "/tito";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.local/share/tito";
  return "";
}

std::string registry_file() {
  const char* file = std::getenv("TITO_REGISTRY");
  return file != nullptr && *file != '\0' ? file : TITO_REGISTRY;
}

std::optional<InstalledSet> installed_set(const std::string& name, const std::string& registry) {
  const json text = parse(registry);
  for (const Entry& set : Entry(text, registry + ":")["sets"].items()) {
    if (set["name"].text() != name) continue;
    if (const std::string root = data_folder(); !root.empty()) {
      const std::string own = root + "/" + name;
      std::optional<InstalledSet> found = look_into(set, own);
      if (!found && set.has("inner_folder")) found = look_into(set, own + "/" + set["inner_folder"].text());
      if (found) {
        found->title = title_of(set, *found, own);
        return found;
      }
    }
    if (!set.has("found_in")) return std::nullopt;
    for (const Entry& folder : set["found_in"].items()) {
      if (auto found = look_into(set, folder.text())) return found;
    }
    return std::nullopt;
  }
  throw IoError(registry + ": there is no data set \"" + name + "\"");
}

}  // namespace judge
