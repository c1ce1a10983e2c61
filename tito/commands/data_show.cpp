#include "tito/commands/data_show.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/images.hpp"
#include "tito/ui/picture.hpp"
#include "tito/ui/png.hpp"

namespace tito {
namespace {

constexpr int most_in_terminal = 200;
constexpr int most_on_sheet = 10'000;
constexpr int default_on_sheet = 100;
constexpr int default_in_json = 10;

// The set where it lies on this machine.
struct Shown {
  const DataSet* set = nullptr;
  Place place;
  ImageLayout layout;

  std::string title() const { return place.edition != nullptr ? place.edition->title : set->title; }
};

Shown find_set(const Registry& registry, const Store& store, const std::string& name) {
  Shown shown{&registry.set(name), {}, {}};
  shown.place = store.find(*shown.set);
  const std::string fetch = "tito data fetch " + name;
  if (shown.place.presence == Presence::missing)
    throw Failure(Exit::environment, shown.set->title + " is not on this machine", fetch);
  if (shown.place.presence == Presence::damaged) throw Failure(Exit::damaged, shown.place.problem, fetch);
  shown.layout = {shown.set->format, shown.set->image, static_cast<int>(shown.set->classes.size())};
  return shown;
}

ImagePart part_of(const Shown& shown, const std::string& name) {
  ImagePart part{name, {}};
  for (std::size_t i = 0; i < shown.set->files.size(); ++i) {
    const DataFile& file = shown.set->files[i];
    if (file.part == name)
      part.files.insert(file.holds == "images" ? part.files.begin() : part.files.end(), shown.place.files[i]);
  }
  return part;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The class that is meant: its name in any case, its number, or the beginning of one name alone.
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

// How many images are shown when nobody says: one, if one is named; a sheet; or what stands side by side.
int count_for(Context& context, const ShowOptions& options, const DataSet& set) {
  const int most = options.png.empty() ? most_in_terminal : most_on_sheet;
  if (options.count) {
    if (*options.count >= 1 && *options.count <= most) return *options.count;
    throw Failure(Exit::usage, fmt::format("--count: expected 1 to {}, found {}", most, *options.count),
                  options.png.empty() ? fmt::format("up to {} images go on a sheet: --png FILE", most_on_sheet) : "");
  }
  if (options.index) return 1;
  if (!options.png.empty()) return default_on_sheet;
  return context.json ? default_in_json : pictures_a_row(set.image[2], context.screen.width());
}

void check_found(const ChosenImages& chosen, const Shown& shown, const ImagePart& part, const ShowOptions& options) {
  const std::string where = fmt::format("the part \"{}\" of {}", part.name, shown.title());
  if (chosen.in_part == 0)
    throw Failure(Exit::damaged, where + " has no images", "tito data verify " + shown.set->name);
  const std::int64_t first = options.index.value_or(0);
  if (first < 0 || first >= chosen.in_part) {
    throw Failure(Exit::usage,
                  fmt::format("--index: {} has the images 0 to {}, found {}", where, chosen.in_part - 1, first));
  }
  if (chosen.images.empty()) {
    throw Failure(Exit::usage,
                  fmt::format("{} has no image of class \"{}\" from image {} on", where, options.class_name, first));
  }
}

std::vector<Picture> pictures_of(const Shown& shown, const ChosenImages& chosen) {
  const auto [channels, rows, columns] = shown.set->image;
  std::vector<Picture> pictures;
  for (const LabelledImage& image : chosen.images) {
    const std::string& name = shown.set->classes[static_cast<std::size_t>(image.label)];
    pictures.push_back(picture_of(channels, rows, columns, image.pixels, fmt::format("#{} {}", image.index, name)));
  }
  return pictures;
}

void write_sheet(const std::string& file, const std::vector<Picture>& pictures) {
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw Failure(Exit::usage, "--png: " + file + " is there and is no regular file", "name another file");
  write_atomically(file, encode_png(contact_sheet(pictures)));
}

// The title of what is shown, what is said of it, and whether anybody has compared the files' contents.
void print_heading(Context& context, const Shown& shown, const std::string& text) {
  Screen& screen = context.screen;
  screen.row(screen.paint(Style::bold, shown.title()) + text);
  if (shown.place.presence == Presence::unverified)
    screen.row(screen.paint(Style::dim, "not verified: tito data verify " + shown.set->name));
}

void fill_result(Context& context, const Shown& shown) {
  context.result = {{"set", shown.set->name},
                    {"title", shown.title()},
                    {"state", name_of(shown.place.presence)},
                    {"folder", shown.place.folder.string()}};
}

void show_pictures(Context& context, const Shown& shown, const ShowOptions& options) {
  const ImagePart part = part_of(shown, options.part.empty() ? "train" : options.part);
  ImageChoice choice{options.index.value_or(0), count_for(context, options, *shown.set), -1};
  if (!options.class_name.empty()) choice.label = find_class(*shown.set, options.class_name);
  if (!options.png.empty()) sheet_shape(static_cast<int>(choice.count), shown.set->image[1], shown.set->image[2]);
  const ChosenImages chosen = read_images(context.kit(), shown.layout, part, choice);
  check_found(chosen, shown, part, options);
  const std::vector<Picture> pictures = pictures_of(shown, chosen);
  if (!options.png.empty()) write_sheet(options.png, pictures);

  fill_result(context, shown);
  context.result["part"] = part.name;
  context.result["images_in_part"] = chosen.in_part;
  context.result["images"] = nlohmann::json::array();
  for (const LabelledImage& image : chosen.images) {
    context.result["images"].push_back({{"index", image.index},
                                        {"label", image.label},
                                        {"class", shown.set->classes[static_cast<std::size_t>(image.label)]}});
  }
  if (!options.png.empty()) context.result["png"] = options.png;
  if (context.json) return;
  const std::string what =
      fmt::format("{} of {} images of part \"{}\"", chosen.images.size(), chosen.in_part, part.name);
  if (!options.png.empty()) return print_heading(context, shown, ": " + what + " drawn to " + options.png);
  print_heading(context, shown, ": " + what);
  Screen& screen = context.screen;
  screen.line();
  for (const std::string& line : draw(pictures, picture_style(screen), screen.width())) screen.line(line);
}

nlohmann::json json_of(const DataSet& set, const PartStatistics& part) {
  nlohmann::json classes = nlohmann::json::array();
  for (std::size_t i = 0; i < part.counts.size(); ++i)
    classes.push_back({{"label", i}, {"class", set.classes[i]}, {"images", part.counts[i]}});
  return {{"part", part.name},  {"images", part.images}, {"first_labels", part.first_labels},
          {"classes", classes}, {"mean", part.mean},     {"deviation", part.deviation}};
}

std::string right_aligned(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

// A column for each part, a row for each class; below, what is known of the pixels.
void print_statistics(Context& context, const Shown& shown, const std::vector<PartStatistics>& parts) {
  Screen& screen = context.screen;
  constexpr std::size_t wide = 8;
  const auto numbers = [&](Table& table, std::vector<std::string> names, const auto& number) {
    for (const PartStatistics& part : parts) names.push_back(right_aligned(number(part), wide));
    table.row(names);
  };
  Table table;
  numbers(table, {"", screen.paint(Style::bold, "images")}, [](const PartStatistics& part) { return part.name; });
  for (std::size_t i = 0; i < shown.set->classes.size(); ++i) {
    numbers(table, {right_aligned(std::to_string(i), 3), shown.set->classes[i]},
            [&](const PartStatistics& part) { return std::to_string(part.counts.at(i)); });
  }
  numbers(table, {"", "all"}, [](const PartStatistics& part) { return std::to_string(part.images); });
  const int channels = shown.set->image[0];
  for (int c = 0; c < channels; ++c) {
    const std::string channel =
        channels == 1 ? "" : std::vector<std::string>{" red", " green", " blue"}[static_cast<std::size_t>(c)];
    const auto figure_of = [&](const std::vector<double>& all) {
      return all.empty() ? "-" : fmt::format("{:.4f}", all.at(static_cast<std::size_t>(c)));
    };
    numbers(table, {"", "mean" + channel}, [&](const PartStatistics& part) { return figure_of(part.mean); });
    numbers(table, {"", "deviation" + channel}, [&](const PartStatistics& part) { return figure_of(part.deviation); });
  }
  print_heading(context, shown, "");
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

void show_statistics(Context& context, const Shown& shown, const ShowOptions& options) {
  std::vector<ImagePart> parts;
  for (const char* name : {"train", "test"}) {
    if (options.part.empty() || options.part == name) parts.push_back(part_of(shown, name));
  }
  const std::vector<PartStatistics> statistics = image_statistics(context.kit(), shown.layout, parts);
  fill_result(context, shown);
  context.result["parts"] = nlohmann::json::array();
  for (const PartStatistics& part : statistics) context.result["parts"].push_back(json_of(*shown.set, part));
  if (!context.json) print_statistics(context, shown, statistics);
}

}  // namespace

void show_images(Context& context, const Registry& registry, const Store& store, const ShowOptions& options) {
  const Shown shown = find_set(registry, store, options.name);
  if (options.stats) show_statistics(context, shown, options);
  else show_pictures(context, shown, options);
}

void add_data_show(CLI::App* data, Context& context, const std::function<Registry()>& registry) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      data->add_subcommand("show", "Look at the images of a set and their labels, or at its statistics");
  command->add_option("SET", options->name, "The set, as tito data list names it")->required()->option_text(" ");
  command->add_option("--part", options->part, "train or test; without it train, for --stats both")
      ->check(CLI::IsMember({"train", "test"}))
      ->type_name("PART");
  auto* index =
      command->add_option("--index", options->index, "Begin with this image of the part; it alone without --count")
          ->type_name("I");
  auto* class_option = command
                           ->add_option("--class", options->class_name,
                                        "Only images of this class: its name, the beginning of it, or its number")
                           ->type_name("CLASS");
  auto* count =
      command
          ->add_option("--count", options->count, "How many; without it as many as stand side by side, 100 on a sheet")
          ->type_name("N");
  auto* png = command->add_option("--png", options->png, "Draw them to a contact sheet instead of the terminal")
                  ->type_name("FILE");
  command->add_flag("--stats", options->stats, "Images of each class; mean and deviation of each channel")
      ->excludes(index)
      ->excludes(class_option)
      ->excludes(count)
      ->excludes(png);
  command->footer(
      "Examples:\n  tito data show mnist\n  tito data show cifar-10 --class ship --count 8\n"
      "  tito data show fashion-mnist --part test --png clothes.png\n  tito data show mnist --stats\n\n"
      "In colour where the terminal has it: 24 bits where COLORTERM says truecolor, else 256 colours.");
  command->callback([&context, options, registry] { show_images(context, registry(), Store(data_root()), *options); });
}

}  // namespace tito
