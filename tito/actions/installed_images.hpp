// The images of a set that is on this machine: where they lie, and which are meant.
#pragma once

#include <string>

#include "tito/data/registry.hpp"
#include "tito/data/store.hpp"
#include "tito/toolchain/images.hpp"

namespace tito {

// The set where it lies on this machine.
struct InstalledSet {
  const DataSet* set = nullptr;
  Place place;
  ImageLayout layout;

  std::string title() const { return place.edition != nullptr ? place.edition->title : set->title; }
};

// throws: Failure when it is not on this machine, or damaged.
InstalledSet find_installed(const Registry& registry, const Store& store, const std::string& name);

// The files of a part, "train" or "test".
ImagePart part_of(const InstalledSet& installed, const std::string& name);

// The class that is meant: its name in any case, its number, or the beginning of one name alone.
// throws: Failure(Exit::usage) when no class or several are meant.
int find_class(const DataSet& set, const std::string& text);

}  // namespace tito
