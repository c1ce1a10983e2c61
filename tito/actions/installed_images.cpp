#include "tito/actions/installed_images.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "tito/system/failure.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

InstalledSet find_installed(const Registry& registry, const Store& store, const std::string& name) {
  InstalledSet installed{&registry.set(name), {}, {}};
  installed.place = store.find(*installed.set);
  const std::string fetch = "tito data fetch " + name;
  if (installed.place.presence == Presence::missing)
    throw Failure(Exit::environment, installed.set->title + " is not on this machine", fetch);
  if (installed.place.presence == Presence::damaged) throw Failure(Exit::damaged, installed.place.problem, fetch);
  installed.layout = {installed.set->format, installed.set->image, static_cast<int>(installed.set->classes.size())};
  return installed;
}

ImagePart part_of(const InstalledSet& installed, const std::string& name) {
  ImagePart part{name, {}};
  for (std::size_t i = 0; i < installed.set->files.size(); ++i) {
    const DataFile& file = installed.set->files[i];
    if (file.part == name)
      part.files.insert(file.holds == "images" ? part.files.begin() : part.files.end(), installed.place.files[i]);
  }
  return part;
}

int find_class(const DataSet& set, const std::string& text) {
  const std::string wanted = lower(text);
  std::vector<int> begin;
  for (std::size_t i = 0; i < set.classes.size(); ++i) {
    const std::string name = lower(set.classes[i]);
    if (name == wanted) return static_cast<int>(i);
    if (!wanted.empty() && name.starts_with(wanted)) begin.push_back(static_cast<int>(i));
  }
  const bool number = !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoul(text) < set.classes.size()) return std::stoi(text);
  if (begin.size() == 1) return begin[0];
  std::vector<std::string> names;
  for (std::size_t i = 0; i < set.classes.size(); ++i) {
    const bool among = begin.empty() || std::find(begin.begin(), begin.end(), static_cast<int>(i)) != begin.end();
    if (among) names.push_back(fmt::format("{} {}", i, set.classes[i]));
  }
  if (begin.empty()) {
    throw Failure(Exit::usage, set.title + " has no class \"" + text + "\"", "the classes are: " + listed(names));
  }
  throw Failure(Exit::usage, "several classes of " + set.title + " begin with \"" + text + "\"",
                "they are: " + listed(names));
}

}  // namespace tito
