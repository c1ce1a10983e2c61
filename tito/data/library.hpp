// What can be done with a data set: fetch it, import it, compare its checksums, remove it.
//
// Each holds the set's lock meanwhile, so that two tito at once do not disturb each other.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tito/data/download.hpp"
#include "tito/data/registry.hpp"
#include "tito/data/store.hpp"

namespace tito {

// How long work goes; each may be empty.
struct LibraryEvents {
  std::function<void(const std::string& file, const DownloadProgress&)> on_download;
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> on_work;  // bytes
  std::function<void(const std::string&)> on_note;  // something a user wants to know, a sentence
};

struct Fetched {
  Place place;
  bool was_here = false;  // nothing had to be fetched
};

// Fetches what the registry's mirrors have, and puts it into the store. A set that is here already is left alone; one
// that was put there by hand is verified instead, and replaced when it is not what it should be.
// throws: Failure(Exit::environment) when no mirror has a file or the disk has no room, Failure(Exit::work_failed) when
//         an archive holds something else, Failure(Exit::usage) for a set that can only be imported; Interrupted.
//         What was in the store is left as it was.
// `timeout`: seconds without a byte after which a host is given up.
Fetched fetch(const Store& store, const DataSet& set, const LibraryEvents& events = {}, double timeout = 30);

// Takes the set's files from a file, an archive or a folder; by their contents, whatever their names.
// throws: Failure(Exit::work_failed) saying for each file that is not there what was expected, and what was found under
//         its name; as fetch().
Place import_set(const Store& store, const DataSet& set, const std::filesystem::path& from,
                 const LibraryEvents& events = {});

struct Verification {
  struct File {
    std::string name;
    std::filesystem::path path;
    std::string expected;  // SHA-256 of the content
    std::string found;     // "" when it cannot be unpacked
    bool right() const { return expected == found; }
  };
  std::vector<File> files;           // in the registry's order; empty when they are not all there
  const Edition* edition = nullptr;  // that the files are, when all are right
  Place place;
  bool passed() const { return edition != nullptr; }
};

// Compares the contents of all files with the registry's checksums. When they are an edition's, the store notes it.
// throws: Failure(Exit::environment) when a file cannot be read; Interrupted.
Verification verify(const Store& store, const DataSet& set, const LibraryEvents& events = {});

// Removes the set's files and whatever was fetched of it; false when there were none.
// throws: Failure(Exit::usage) for a set that lies where tito did not put it.
bool remove_set(const Store& store, const DataSet& set);

}  // namespace tito
