#include "tito/data/registry.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

const std::string& not_empty(const JsonView& view) {
  if (view.text().empty()) view.fail("is empty");
  return view.text();
}

const std::string& one_of(const JsonView& view, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), view.text()) == names.end()) {
    view.fail("expected one of " + listed(names) + ", found \"" + view.text() + "\"");
  }
  return view.text();
}

// Names become names of files and folders.
const std::string& plain_name(const JsonView& view) {
  const std::string& name = not_empty(view);
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
  if (!plain || name.front() == '.')
    view.fail("expected a name of letters, digits, '.', '_' and '-', found \"" + name + "\"");
  return name;
}

std::string checksum(const JsonView& parent, const std::string& key, std::size_t digits) {
  if (!parent.has(key)) return "";
  const std::string& text = parent[key].text();
  if (text.size() != digits || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    parent[key].fail("expected " + std::to_string(digits) + " hexadecimal digits in lower case, found \"" + text +
                     "\"");
  }
  return text;
}

std::uint64_t size_of(const JsonView& view) {
  if (view.integer() <= 0) view.fail("expected a size in bytes, more than 0");
  return static_cast<std::uint64_t>(view.integer());
}

template <class T, class Read>
std::vector<T> read_list(const JsonView& list, Read read) {
  std::vector<T> all;
  for (std::size_t i = 0; i < list.array().size(); ++i) all.push_back(read(list.at(i)));
  return all;
}

Download read_download(const JsonView& view) {
  view.allow_only({"file", "size", "md5", "sha256"});
  Download download{plain_name(view["file"]), size_of(view["size"]), checksum(view, "md5", 32),
                    checksum(view, "sha256", 64)};
  if (download.md5.empty() && download.sha256.empty()) view.fail("has neither \"md5\" nor \"sha256\"");
  return download;
}

DataFile read_file_row(const JsonView& view) {
  view.allow_only({"name", "part", "holds"});
  return {plain_name(view["name"]), one_of(view["part"], {"train", "test"}),
          one_of(view["holds"], {"images", "labels", "both"})};
}

Edition read_edition(const JsonView& view, const std::vector<DataFile>& files) {
  view.allow_only({"title", "note", "contents"});
  Edition edition{not_empty(view["title"]), view.has("note") ? view["note"].text() : "", {}};
  const JsonView contents = view["contents"];
  for (const DataFile& file : files) {
    const JsonView content = contents[file.name];
    content.allow_only({"size", "sha256"});
    edition.contents[file.name] = {size_of(content["size"]), checksum(content, "sha256", 64)};
    if (edition.contents[file.name].sha256.empty()) content.fail("has no \"sha256\"");
  }
  if (contents.object().size() != files.size()) contents.fail("names a file that is not among \"files\"");
  return edition;
}

// Every part has images, and labels for them: both in each file, or a file of each.
void check_parts(const DataSet& set, const JsonView& view) {
  for (const char* part : {"train", "test"}) {
    const auto count = [&](const char* holds) {
      return std::count_if(set.files.begin(), set.files.end(),
                           [&](const DataFile& file) { return file.part == part && file.holds == holds; });
    };
    const bool pair = count("images") == 1 && count("labels") == 1 && count("both") == 0;
    const bool records = count("images") == 0 && count("labels") == 0 && count("both") > 0;
    if (set.format == "cifar10" ? !records : !pair) {
      view.fail(std::string("the files of part \"") + part + "\" do not fit the format: expected " +
                (set.format == "cifar10" ? "some that hold \"both\"" : "one of \"images\" and one of \"labels\""));
    }
  }
}

DataSet read_set(const JsonView& view) {
  view.allow_only({"name", "title", "about", "format", "image", "classes", "licence", "citation", "homepage", "mirrors",
                   "downloads", "files", "editions", "inner_folder", "found_in"});
  DataSet set;
  set.name = plain_name(view["name"]);
  set.title = not_empty(view["title"]);
  set.about = not_empty(view["about"]);
  set.format = one_of(view["format"], {"idx", "cifar10", "npy"});
  if (view["image"].array().size() != 3) view["image"].fail("expected three numbers: channels, rows and columns");
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t extent = view["image"].at(i).integer();
    if (extent < 1 || extent > 4096) view["image"].at(i).fail("expected a number from 1 to 4096");
    set.image.at(i) = static_cast<int>(extent);
  }
  if (set.image[0] != 1 && set.image[0] != 3) view["image"].at(0).fail("expected 1 channel or 3");
  set.classes = read_list<std::string>(view["classes"], not_empty);
  if (set.classes.size() < 2 || set.classes.size() > 256) view["classes"].fail("expected 2 to 256 names");
  set.licence = not_empty(view["licence"]);
  set.citation = not_empty(view["citation"]);
  set.homepage = not_empty(view["homepage"]);
  set.mirrors = read_list<std::string>(view["mirrors"], [](const JsonView& mirror) {
    const std::string& address = mirror.text();
    if ((!address.starts_with("https://") && !address.starts_with("http://")) || !address.ends_with('/')) {
      mirror.fail("expected the address of a folder, http or https, with a / at its end");
    }
    return address;
  });
  set.downloads = read_list<Download>(view["downloads"], read_download);
  if (set.mirrors.empty() != set.downloads.empty())
    view.fail("has mirrors without downloads, or downloads without mirrors");
  set.files = read_list<DataFile>(view["files"], read_file_row);
  set.editions =
      read_list<Edition>(view["editions"], [&](const JsonView& edition) { return read_edition(edition, set.files); });
  if (set.editions.empty()) view["editions"].fail("is empty");
  check_parts(set, view["files"]);
  if (view.has("inner_folder")) set.inner_folder = plain_name(view["inner_folder"]);
  if (view.has("found_in")) {
    set.found_in = read_list<fs::path>(view["found_in"], [](const JsonView& folder) {
      if (!folder.text().starts_with('/')) folder.fail("expected the full path of a folder");
      return fs::path(folder.text());
    });
  }
  return set;
}

}  // namespace

std::uint64_t Edition::size() const {
  return std::accumulate(contents.begin(), contents.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second.size; });
}

std::uint64_t DataSet::download_size() const {
  return std::accumulate(downloads.begin(), downloads.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Download& one) { return sum + one.size; });
}

Registry::Registry(const fs::path& file) {
  const json text = parse_json(tito::read_file(file), file.string());
  const JsonView view(text, file.string());
  view.allow_only({"schema", "sets"});
  if (view["schema"].text() != "tito-data/1") view["schema"].fail("expected \"tito-data/1\"");
  sets_ = read_list<DataSet>(view["sets"], read_set);
  std::set<std::string> names;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    if (!names.insert(sets_[i].name).second) view["sets"].at(i)["name"].fail("stands twice: \"" + sets_[i].name + "\"");
  }
}

const DataSet& Registry::set(const std::string& name) const {
  std::vector<std::string> names;
  for (const DataSet& set : sets_) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  const std::string near = nearest(name, names);
  throw Failure(Exit::usage,
                "there is no data set \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                "the sets are: " + listed(names) + "; tito data list shows them");
}

}  // namespace tito
