// Where data sets lie on this machine, once for a user, shared by all workspaces.
//
//   ROOT/NAME/           the files of one set, and set.json: what was checked when they were put there
//   ROOT/.downloads/     what is being fetched, NAME/FILE and NAME/FILE.part
//   ROOT/.staging/       what is being unpacked
//   ROOT/.locks/         one a set
// set.json: {"schema": "tito-set/1", "set": NAME, "edition": TITLE, "from": where the files came from, "at": UTC}
// A set appears whole or not at all: its folder is made in .staging and then takes the place of what was there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tito/data/registry.hpp"

namespace tito {

// data_folder() (tito/system/data_folder.hpp).
// throws: Failure(Exit::environment) where it is not known.
std::filesystem::path data_root();

enum class Presence {
  missing,     // no file of it
  damaged,     // some, but not all, or not of the right sizes
  unverified,  // all with the right sizes, but nobody has compared checksums
  here         // put there by tito, or checked by it since
};

const char* name_of(Presence presence);

// A set on this machine, by the sizes of its files.
struct Place {
  Presence presence = Presence::missing;
  std::filesystem::path folder;              // where it is, or where it would be put
  const Edition* edition = nullptr;          // when here
  std::vector<std::filesystem::path> files;  // in the registry's order, some perhaps gzipped; when all are there
  std::string problem;                       // of a damaged one: the file, the expected and the found
  std::string from;                          // when here: where the files came from
  bool own = false;                          // below the root, so that tito may change it
};

class Store {
 public:
  explicit Store(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path folder(const DataSet& set) const { return root_ / set.name; }
  std::filesystem::path downloads(const DataSet& set) const { return root_ / ".downloads" / set.name; }
  std::filesystem::path staging() const { return root_ / ".staging"; }
  std::filesystem::path lock(const DataSet& set) const { return root_ / ".locks" / set.name; }

  // Looks into the set's own folder, then where the registry says that it may lie. Reads no contents.
  Place find(const DataSet& set) const;

  // Makes `staged`, a folder in staging() that holds the set's files, the set's own; what was there before goes.
  void install(const DataSet& set, const Edition& edition, const std::string& from,
               const std::filesystem::path& staged) const;

  // Notes that the files that lie in the set's own folder were found to be this edition's.
  void note_verified(const DataSet& set, const Edition& edition, const std::string& from) const;

  // Removes the set's own folder and what was fetched of it.
  void remove(const DataSet& set) const;

 private:
  std::filesystem::path root_;
};

}  // namespace tito
