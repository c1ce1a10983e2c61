#include <fmt/core.h>

#include <cstdlib>

#include "tito/commands/commands.hpp"
#include "tito/commands/data_show.hpp"
#include "tito/data/library.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

struct Options {
  fs::path registry;  // empty: the course's
  std::string set;
  std::string from;
  double timeout = 30;  // seconds
};

Registry registry_of(Context& context, const Options& options) {
  return Registry(options.registry.empty() ? context.kit().registry() : options.registry);
}

std::string bytes_text(std::uint64_t bytes) {
  const double size = static_cast<double>(bytes);
  if (size < 1e3) return fmt::format("{} B", bytes);
  if (size < 1e6) return fmt::format("{:.1f} kB", size / 1e3);
  if (size < 1e9) return fmt::format("{:.1f} MB", size / 1e6);
  return fmt::format("{:.2f} GB", size / 1e9);
}

// Bars and sentences of long work, on standard error.
class Watch {
 public:
  Watch(Context& context, const std::string& set)
      : screen_(&context.screen), set_(set), bar_(context.screen, 1000, !context.json) {}

  LibraryEvents events() {
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

 private:
  static int permille(std::uint64_t done, std::uint64_t total) {
    return total == 0 ? 1000 : static_cast<int>(1000.0 * static_cast<double>(done) / static_cast<double>(total));
  }

  void show_download(const std::string& file, const DownloadProgress& at) {
    std::string text = fmt::format("{} of {}", bytes_text(at.done), bytes_text(at.total));
    if (at.rate > 0) {
      text += fmt::format("  {}/s", bytes_text(static_cast<std::uint64_t>(at.rate)));
      if (at.done < at.total) text += "  " + duration(static_cast<double>(at.total - at.done) / at.rate) + " left";
    }
    bar_.show(permille(at.done, at.total), text + "  " + file);
  }

  const Screen* screen_;
  std::string set_;
  ProgressBar bar_;
};

// The result of long work; its bar has gone when this returns.
template <class Work>
auto watched(Context& context, const DataSet& set, Work work) {
  Watch watch(context, set.name);
  return work(watch.events());
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

std::string state_mark(const Screen& screen, Presence presence) {
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

// What a user can do about the state of a set; "" when there is nothing to do.
std::string advice(const DataSet& set, const Place& place) {
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

void list(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  const Store store(data_root());
  context.result = {{"root", store.root().string()}, {"sets", nlohmann::json::array()}};
  Screen& screen = context.screen;
  for (const DataSet& set : registry.sets()) {
    const Place place = store.find(set);
    context.result["sets"].push_back(json_of(set, place));
    const Edition& edition = place.edition != nullptr ? *place.edition : set.editions.front();
    const std::string size = place.presence == Presence::missing && !set.downloads.empty()
                                 ? bytes_text(edition.size()) + ", to fetch " + bytes_text(set.download_size())
                                 : bytes_text(edition.size());
    screen.row(fmt::format("{} {}  {}  {}", state_mark(screen, place.presence),
                           screen.paint(Style::bold, fmt::format("{:<14}", set.name)),
                           fmt::format("{:<10}", name_of(place.presence)), size));
    screen.row("    " + (place.edition != nullptr && place.edition->title != set.title
                             ? place.edition->title + ": " + place.edition->note
                             : set.about));
    if (place.presence != Presence::missing) screen.row("    " + place.folder.string());
    if (!place.problem.empty()) screen.row("    " + screen.paint(Style::bad, place.problem));
    if (const std::string next = advice(set, place); !next.empty())
      screen.row("    " + screen.paint(Style::accent, next));
  }
  screen.line();
  screen.row(screen.paint(Style::dim, "kept in " + store.root().string() + ", for all workspaces"));
}

void print_place(Context& context, const DataSet& set, const Place& place, const std::string& what) {
  const Edition& edition = *place.edition;
  Screen& screen = context.screen;
  screen.line(fmt::format("{} {} {}: {} files, {}, checksums right", screen.paint(Style::good, screen.tick()),
                          edition.title, what, set.files.size(), bytes_text(edition.size())));
  if (!edition.note.empty()) screen.line("  " + screen.paint(Style::warn, edition.note));
  screen.line("  " + place.folder.string());
}

void run_fetch(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  const DataSet& set = registry.set(options.set);
  const Fetched fetched = watched(context, set, [&](const LibraryEvents& events) {
    return fetch(Store(data_root()), set, events, options.timeout);
  });
  context.result = json_of(set, fetched.place);
  context.result["fetched"] = !fetched.was_here;
  if (fetched.place.edition != nullptr)
    return print_place(context, set, fetched.place, fetched.was_here ? "is here already" : "fetched");
  context.screen.line(set.title + " is here already, with its checksums right: " + fetched.place.folder.string());
}

void run_import(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  const DataSet& set = registry.set(options.set);
  const Place place = watched(context, set, [&](const LibraryEvents& events) {
    return import_set(Store(data_root()), set, options.from, events);
  });
  context.result = json_of(set, place);
  print_place(context, set, place, "imported");
}

// One set; false when it is here and not what it should be.
bool verify_one(Context& context, const DataSet& set, bool asked_for) {
  Screen& screen = context.screen;
  const Verification verification =
      watched(context, set, [&](const LibraryEvents& events) { return verify(Store(data_root()), set, events); });
  nlohmann::json object = json_of(set, verification.place);
  object["verified"] = verification.passed();
  for (std::size_t i = 0; i < verification.files.size(); ++i) {
    const Verification::File& file = verification.files[i];
    object["files"][i]["expected_sha256"] = file.expected;
    object["files"][i]["found_sha256"] = file.found;
  }
  context.result["sets"].push_back(object);
  if (verification.passed()) {
    screen.line(fmt::format("{} {}: the SHA-256 of {} files is right  {}", screen.paint(Style::good, screen.tick()),
                            verification.edition->title, verification.files.size(),
                            screen.paint(Style::dim, verification.place.folder.string())));
    return true;
  }
  if (verification.place.presence == Presence::missing) {
    if (asked_for) throw Failure(Exit::work_failed, set.title + " is not here", "tito data fetch " + set.name);
    screen.line(fmt::format("{} {}: not here", screen.paint(Style::dim, screen.dot()), set.title));
    return true;
  }
  screen.line(fmt::format("{} {}  {}", screen.paint(Style::bad, screen.cross()), set.title,
                          verification.place.folder.string()));
  if (!verification.place.problem.empty()) screen.line("    " + verification.place.problem);
  for (const Verification::File& file : verification.files) {
    if (file.right()) continue;
    screen.line("    " + file.path.string());
    screen.line("      expected SHA-256 " + file.expected);
    screen.line("      found            " + (file.found.empty() ? "damaged gzip data" : file.found));
  }
  return false;
}

void run_verify(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  context.result = {{"sets", nlohmann::json::array()}};
  std::vector<std::string> wrong;
  if (!options.set.empty()) {
    if (!verify_one(context, registry.set(options.set), true)) wrong.push_back(options.set);
  } else {
    for (const DataSet& set : registry.sets()) {
      if (!verify_one(context, set, false)) wrong.push_back(set.name);
    }
  }
  if (wrong.empty()) return;
  throw Failure(Exit::work_failed, "not what the registry says: " + listed(wrong),
                "tito data remove " + wrong.front() + ", then tito data fetch " + wrong.front());
}

void run_remove(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  const DataSet& set = registry.set(options.set);
  const bool removed = remove_set(Store(data_root()), set);
  context.result = {{"name", set.name}, {"removed", removed}};
  context.screen.line(removed ? set.title + " removed; tito data fetch " + set.name + " brings it back"
                              : set.title + " is not here");
}

void run_path(Context& context, const Options& options) {
  const Registry registry = registry_of(context, options);
  const DataSet& set = registry.set(options.set);
  const Place place = Store(data_root()).find(set);
  if (place.files.empty()) throw Failure(Exit::work_failed, set.title + " is not here", advice(set, place));
  context.result = json_of(set, place);
  context.screen.line(place.folder.string());
}

CLI::App* add(CLI::App* data, Context& context, const std::shared_ptr<Options>& options, const std::string& name,
              const std::string& what, void (*run)(Context&, const Options&)) {
  CLI::App* command = data->add_subcommand(name, what);
  command->callback([&context, options, run] { run(context, *options); });
  return command;
}

}  // namespace

void add_data(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* data =
      app.add_subcommand("data", "Real data sets: fetch, verify and look at MNIST, Fashion-MNIST and CIFAR-10");
  data->require_subcommand(1);
  data->fallthrough();
  data->add_option("--registry", options->registry, "Another registry of data sets")->type_name("FILE");
  data->footer(
      "Sets are kept once for a user, in the folder that TITO_DATA names, else $XDG_DATA_HOME/tito, else\n"
      "~/.local/share/tito, and all workspaces share them. Demos and milestones use those that are here.\n\n"
      "Examples:\n  tito data list\n  tito data fetch mnist\n  tito data import cifar-10 "
      "~/Downloads/cifar-10-binary.tar.gz\n"
      "  tito data show mnist --class 7");

  add(data, context, options, "list", "What is here, what is not, how large, and where", list)
      ->footer("Example:\n  tito data list --json");

  CLI::App* fetching = add(data, context, options, "fetch", "Download a set, check it and unpack it", run_fetch);
  fetching->add_option("SET", options->set, "The set")->required()->option_text(" ");
  fetching
      ->add_option("--timeout", options->timeout,
                   "Ask the next mirror when a host sends nothing for so long; without it 30")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  fetching->footer(
      "A download that was broken off goes on where it stopped. Mirrors are tried in the registry's order; proxies "
      "are\n"
      "taken from the environment (https_proxy and the like). Nothing appears before size and checksum are "
      "right.\n\n"
      "Example:\n"
      "  tito data fetch cifar-10");

  CLI::App* importing =
      add(data, context, options, "import", "Take a set from a file, an archive or a folder at hand", run_import);
  importing->add_option("SET", options->set, "The set")->required()->option_text(" ");
  importing->add_option("FROM", options->from, "A file or folder; folders are searched")->required()->option_text(" ");
  importing->footer(
      "For machines without a network. Files are recognised by their contents, packed or not, whatever their names.\n\n"
      "Examples:\n  tito data import mnist ~/Downloads\n  tito data import cifar-10 cifar-10-binary.tar.gz");

  CLI::App* verifying = add(data, context, options, "verify",
                            "Compare the files of a set, or of all, with the published checksums", run_verify);
  verifying->add_option("SET", options->set, "The set; without it all that are here")->option_text(" ");
  verifying->footer(
      "Exit status 1 when a file is not what it should be.\n\n"
      "Examples:\n"
      "  tito data verify\n"
      "  tito data verify mnist --json");

  CLI::App* removing = add(data, context, options, "remove", "Remove a set, and what was fetched of it", run_remove);
  removing->add_option("SET", options->set, "The set")->required()->option_text(" ");
  removing->footer("Example:\n  tito data remove fashion-mnist");

  CLI::App* path = add(data, context, options, "path", "Where the files of a set lie, for scripts", run_path);
  path->add_option("SET", options->set, "The set")->required()->option_text(" ");
  path->footer("Exit status 1 when it is not here.\n\nExample:\n  ls \"$(tito data path mnist)\"");

  add_data_show(data, context, [&context, options] { return registry_of(context, *options); });
}

}  // namespace tito
