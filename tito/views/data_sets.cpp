#include "tito/views/data_sets.hpp"

#include <fmt/core.h>

#include "tito/system/text.hpp"

namespace tito {
namespace {

int permille(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 1000 : static_cast<int>(1000.0 * static_cast<double>(done) / static_cast<double>(total));
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  const double size = static_cast<double>(bytes);
  if (size < 1e3) return fmt::format("{} B", bytes);
  if (size < 1e6) return fmt::format("{:.1f} kB", size / 1e3);
  if (size < 1e9) return fmt::format("{:.1f} MB", size / 1e6);
  return fmt::format("{:.2f} GB", size / 1e9);
}

std::string mark_of(const Screen& screen, Presence presence) {
  switch (presence) {
    case Presence::here:
      return screen.paint(Style::good, screen.tick());
    case Presence::unverified:
      return screen.paint(Style::good, screen.dot());
    case Presence::damaged:
      return screen.paint(Style::bad, screen.cross());
    case Presence::missing:
      return screen.paint(Style::dim, screen.dot());
  }
  return "";
}

std::string advice_for(const DataSet& set, const Place& place) {
  switch (place.presence) {
    case Presence::here:
      return "";
    case Presence::unverified:
      return place.own ? "tito data verify " + set.name : "";
    case Presence::damaged:
    case Presence::missing:
      return set.downloads.empty() ? "tito data import " + set.name + " FILE" : "tito data fetch " + set.name;
  }
  return "";
}

nlohmann::json json_of(const DataSet& set, const Place& place) {
  nlohmann::json files = nlohmann::json::array();
  for (std::size_t i = 0; i < place.files.size(); ++i) {
    files.push_back({{"path", place.files[i].string()}, {"part", set.files[i].part}, {"holds", set.files[i].holds}});
  }
  nlohmann::json object = {{"name", set.name},
                           {"title", place.edition != nullptr ? place.edition->title : set.title},
                           {"about", set.about},
                           {"state", name_of(place.presence)},
                           {"folder", place.folder.string()},
                           {"files", files},
                           {"bytes", (place.edition != nullptr ? *place.edition : set.editions.front()).size()},
                           {"download_bytes", set.download_size()},
                           {"format", set.format},
                           {"image", set.image},
                           {"classes", set.classes},
                           {"licence", set.licence},
                           {"citation", set.citation},
                           {"homepage", set.homepage}};
  if (!place.problem.empty()) object["problem"] = place.problem;
  if (!place.from.empty()) object["from"] = place.from;
  return object;
}

void print_place(Screen& screen, const DataSet& set, const Place& place, const std::string& what) {
  const Edition& edition = *place.edition;
  screen.line(fmt::format("{} {} {}: {} files, {}, checksums right", screen.paint(Style::good, screen.tick()),
                          edition.title, what, set.files.size(), bytes_text(edition.size())));
  if (!edition.note.empty()) screen.line("  " + screen.paint(Style::warn, edition.note));
  screen.line("  " + place.folder.string());
}

LibraryProgress::LibraryProgress(const Screen& screen, const std::string& set, bool bar)
    : screen_(&screen), set_(set), bar_(screen, 1000, bar) {}

LibraryEvents LibraryProgress::events() {
  LibraryEvents events;
  events.on_download = [this](const std::string& file, const DownloadProgress& at) { show_download(file, at); };
  events.on_work = [this](const std::string& what, std::uint64_t done, std::uint64_t total) {
    bar_.show(permille(done, total), what);
  };
  events.on_note = [this](const std::string& text) {
    bar_.clear();
    screen_->note(set_ + ": " + text);
  };
  return events;
}

void LibraryProgress::show_download(const std::string& file, const DownloadProgress& at) {
  std::string text = fmt::format("{} of {}", bytes_text(at.done), bytes_text(at.total));
  if (at.rate > 0) {
    text += fmt::format("  {}/s", bytes_text(static_cast<std::uint64_t>(at.rate)));
    if (at.done < at.total) text += "  " + duration(static_cast<double>(at.total - at.done) / at.rate) + " left";
  }
  bar_.show(permille(at.done, at.total), text + "  " + file);
}

}  // namespace tito
