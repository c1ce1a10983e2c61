#include "tito/views/installed_images.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace tito {
namespace {

std::string right_aligned(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

}  // namespace

std::vector<Picture> pictures_of(const InstalledSet& installed, const ChosenImages& chosen) {
  const auto [channels, rows, columns] = installed.set->image;
  std::vector<Picture> pictures;
  for (const LabelledImage& image : chosen.images) {
    const std::string& name = installed.set->classes[static_cast<std::size_t>(image.label)];
    pictures.push_back(picture_of(channels, rows, columns, image.pixels, fmt::format("#{} {}", image.index, name)));
  }
  return pictures;
}

void print_heading(Screen& screen, const InstalledSet& installed, const std::string& text) {
  screen.row(screen.paint(Style::bold, installed.title()) + text);
  if (installed.place.presence == Presence::unverified)
    screen.row(screen.paint(Style::dim, "not verified: tito data verify " + installed.set->name));
}

nlohmann::json json_of(const DataSet& set, const PartStatistics& part) {
  nlohmann::json classes = nlohmann::json::array();
  for (std::size_t i = 0; i < part.counts.size(); ++i)
    classes.push_back({{"label", i}, {"class", set.classes[i]}, {"images", part.counts[i]}});
  return {{"part", part.name},  {"images", part.images}, {"first_labels", part.first_labels},
          {"classes", classes}, {"mean", part.mean},     {"deviation", part.deviation}};
}

void print_statistics(Screen& screen, const InstalledSet& installed, const std::vector<PartStatistics>& parts) {
  constexpr std::size_t wide = 8;
  const auto numbers = [&](Table& table, std::vector<std::string> names, const auto& number) {
    for (const PartStatistics& part : parts) names.push_back(right_aligned(number(part), wide));
    table.row(names);
  };
  Table table;
  numbers(table, {"", screen.paint(Style::bold, "images")}, [](const PartStatistics& part) { return part.name; });
  for (std::size_t i = 0; i < installed.set->classes.size(); ++i) {
    numbers(table, {right_aligned(std::to_string(i), 3), installed.set->classes[i]},
            [&](const PartStatistics& part) { return std::to_string(part.counts.at(i)); });
  }
  numbers(table, {"", "all"}, [](const PartStatistics& part) { return std::to_string(part.images); });
  const int channels = installed.set->image[0];
  for (int c = 0; c < channels; ++c) {
    const std::string channel =
        channels == 1 ? "" : std::vector<std::string>{" red", " green", " blue"}[static_cast<std::size_t>(c)];
    const auto figure_of = [&](const std::vector<double>& all) {
      return all.empty() ? "-" : fmt::format("{:.4f}", all.at(static_cast<std::size_t>(c)));
    };
    numbers(table, {"", "mean" + channel}, [&](const PartStatistics& part) { return figure_of(part.mean); });
    numbers(table, {"", "deviation" + channel}, [&](const PartStatistics& part) { return figure_of(part.deviation); });
  }
  print_heading(screen, installed, "");
  screen.line();
  for (const std::string& line : table.lines("")) screen.row(line);
  screen.line();
  for (const PartStatistics& part : parts) {
    std::string labels;
    for (const int label : part.first_labels) labels += " " + std::to_string(label);
    screen.row(fmt::format("first labels of part \"{}\":{}", part.name, labels));
  }
  screen.line("mean and deviation are those of all pixels, black 0 and white 1");
}

}  // namespace tito
