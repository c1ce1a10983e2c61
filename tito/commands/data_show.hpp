// tito data show: looking at the images of a set, in the terminal or on a contact sheet, and at its statistics.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tito/commands/context.hpp"
#include "tito/data/registry.hpp"
#include "tito/data/store.hpp"

namespace tito {

struct ShowOptions {
  std::string name;                   // of the set
  std::string part;                   // "train" or "test"; "": train, and for statistics both
  std::optional<std::int64_t> index;  // the first image
  std::string class_name;             // a name, the beginning of one, or a number; "": any
  std::optional<int> count;
  std::string png;  // "": none
  bool stats = false;
};

// throws: Failure for a set that is not here, an image or class that it does not have, files that are damaged and a PNG
//         file that cannot be written.
void show_images(Context& context, const Registry& registry, const Store& store, const ShowOptions& options);

// Adds the subcommand "show" to "tito data". `registry` is asked when the command runs.
void add_data_show(CLI::App* data, Context& context, const std::function<Registry()>& registry);

}  // namespace tito
