#include <fmt/core.h>

#include "tito/actions/installed_images.hpp"
#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/images.hpp"
#include "tito/ui/picture.hpp"
#include "tito/ui/png.hpp"
#include "tito/views/installed_images.hpp"

namespace tito {
namespace {

constexpr int most_in_terminal = 200;
constexpr int most_on_sheet = 10'000;
constexpr int default_on_sheet = 100;
constexpr int default_in_json = 10;

struct Options {
  std::string name;                   // of the set
  std::string part;                   // "train" or "test"; "": train, and for statistics both
  std::optional<std::int64_t> index;  // the first image
  std::string class_name;             // a name, the beginning of one, or a number; "": any
  std::optional<int> count;
  std::string png;  // "": none
  bool stats = false;
};

// How many images are shown when nobody says: one, if one is named; a sheet; or what stands side by side.
int count_for(Context& context, const Options& options, const DataSet& set) {
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

void check_found(const ChosenImages& chosen, const InstalledSet& installed, const ImagePart& part,
                 const Options& options) {
  const std::string where = fmt::format("the part \"{}\" of {}", part.name, installed.title());
  if (chosen.in_part == 0)
    throw Failure(Exit::damaged, where + " has no images", "tito data verify " + installed.set->name);
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

void write_sheet(const std::string& file, const std::vector<Picture>& pictures) {
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw Failure(Exit::usage, "--png: " + file + " is there and is no regular file", "name another file");
  write_atomically(file, encode_png(contact_sheet(pictures)));
}

void fill_result(Context& context, const InstalledSet& installed) {
  context.result = {{"set", installed.set->name},
                    {"title", installed.title()},
                    {"state", name_of(installed.place.presence)},
                    {"folder", installed.place.folder.string()}};
}

void show_pictures(Context& context, const InstalledSet& installed, const Options& options) {
  const ImagePart part = part_of(installed, options.part.empty() ? "train" : options.part);
  ImageChoice choice{options.index.value_or(0), count_for(context, options, *installed.set), -1};
  if (!options.class_name.empty()) choice.label = find_class(*installed.set, options.class_name);
  if (!options.png.empty())
    sheet_shape(static_cast<int>(choice.count), installed.set->image[1], installed.set->image[2]);
  const ChosenImages chosen = read_images(context.kit(), installed.layout, part, choice);
  check_found(chosen, installed, part, options);
  const std::vector<Picture> pictures = pictures_of(installed, chosen);
  if (!options.png.empty()) write_sheet(options.png, pictures);

  fill_result(context, installed);
  context.result["part"] = part.name;
  context.result["images_in_part"] = chosen.in_part;
  context.result["images"] = nlohmann::json::array();
  for (const LabelledImage& image : chosen.images) {
    context.result["images"].push_back({{"index", image.index},
                                        {"label", image.label},
                                        {"class", installed.set->classes[static_cast<std::size_t>(image.label)]}});
  }
  if (!options.png.empty()) context.result["png"] = options.png;
  if (context.json) return;
  const std::string what =
      fmt::format("{} of {} images of part \"{}\"", chosen.images.size(), chosen.in_part, part.name);
  if (!options.png.empty()) return print_heading(context.screen, installed, ": " + what + " drawn to " + options.png);
  print_heading(context.screen, installed, ": " + what);
  Screen& screen = context.screen;
  screen.line();
  for (const std::string& line : draw(pictures, picture_style(screen), screen.width())) screen.line(line);
}

void show_statistics(Context& context, const InstalledSet& installed, const Options& options) {
  std::vector<ImagePart> parts;
  for (const char* name : {"train", "test"}) {
    if (options.part.empty() || options.part == name) parts.push_back(part_of(installed, name));
  }
  const std::vector<PartStatistics> statistics = image_statistics(context.kit(), installed.layout, parts);
  fill_result(context, installed);
  context.result["parts"] = nlohmann::json::array();
  for (const PartStatistics& part : statistics) context.result["parts"].push_back(json_of(*installed.set, part));
  if (!context.json) print_statistics(context.screen, installed, statistics);
}

void run(Context& context, const Options& options) {
  const Registry registry = registry_of(context);
  const InstalledSet installed = find_installed(registry, Store(data_root()), options.name);
  if (options.stats) show_statistics(context, installed, options);
  else show_pictures(context, installed, options);
}

}  // namespace

void add_data_show(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("show", "Look at the images of a set and their labels, or at its statistics");
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
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
