// Which real data sets are on this machine, as data/registry.json describes them and tito/data/store.cpp finds them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judge/images/images.hpp"

namespace judge {

// What the environment variable TITO_DATA says, else $XDG_DATA_HOME/tito, else ~/.local/share/tito; "" where none of
// the three is known. tito passes it on to the programs it starts, and decides the same
// (tito/system/data_folder.hpp).
std::string data_folder();

// What the environment variable TITO_REGISTRY says, which tito sets, else the registry that the course was built with.
std::string registry_file();

struct InstalledSet {
  std::string title;  // what figures name: "CIFAR-10", or another edition, "CIFAR-10 (JPEG copy)"
  ImageLayout layout;
  std::vector<std::string> train;  // files, as read_images takes them: images before labels; plain, or with ".gz"
  std::vector<std::string> test;
};

// The set of this name in the registry, if all of its files lie in NAME/ below the data folder, in its inner folder, or
// where else the registry says that they may be found. The title is the edition's that set.json in the set's own folder
// names, as long as the files have that edition's sizes; where nobody has checked them it is the set's.
// throws: IoError naming the file and the path of the value for a registry or a note that is damaged.
std::optional<InstalledSet> installed_set(const std::string& name, const std::string& registry = registry_file());

}  // namespace judge
