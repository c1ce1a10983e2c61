// The data sets that tito knows: where each is fetched from, and by which checksums its files are recognised.
//
// data/registry.json: {"schema": "tito-data/1", "sets": [SET, ..]}
//   SET: {"name": "mnist", "title": "MNIST", "about": .., "format": "idx" | "cifar10" | "npy",
//         "image": [C, H, W], "classes": ["0", ..], "licence": .., "citation": .., "homepage": ..,
//         "mirrors": [address of a folder, ..], "downloads": [{"file": .., "size": bytes, "md5": .., "sha256": ..},
//         ..], "files": [{"name": .., "part": "train" | "test", "holds": "images" | "labels" | "both"}, ..],
//         "editions": [{"title": .., "note": .., "contents": {NAME: {"size": bytes, "sha256": ..}, ..}}, ..],
//         "inner_folder": .., "found_in": [folder, ..]}
// A file is what its checksum says, whatever it was packed in and whoever had it. Editions are the contents that the
// files may have: the first is the published one, which the downloads hold; "note" says what is different in another.
// A download needs one checksum of the two. "inner_folder" and "found_in" may be left out: where else the files may
// lie, below the set's own folder, and anywhere on a machine.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tito {

struct Download {
  std::string file;
  std::uint64_t size = 0;
  std::string md5;     // "" when not published
  std::string sha256;  // "" when not published
};

struct DataFile {
  std::string name;
  std::string part;   // "train" or "test"
  std::string holds;  // "images", "labels" or "both"
};

struct Content {
  std::uint64_t size = 0;
  std::string sha256;
};

struct Edition {
  std::string title;  // what figures name: "CIFAR-10", "CIFAR-10 (JPEG copy)"
  std::string note;
  std::map<std::string, Content> contents;  // by the file's name
  std::uint64_t size() const;               // of all files, bytes
};

struct DataSet {
  std::string name;
  std::string title;
  std::string about;
  std::string format;
  std::array<int, 3> image{};  // channels, rows, columns
  std::vector<std::string> classes;
  std::string licence;
  std::string citation;
  std::string homepage;
  std::vector<std::string> mirrors;
  std::vector<Download> downloads;
  std::vector<DataFile> files;    // in the order in which they are read
  std::vector<Edition> editions;  // not empty
  std::string inner_folder;
  std::vector<std::filesystem::path> found_in;

  std::uint64_t download_size() const;
};

class Registry {
 public:
  // throws: Failure(Exit::damaged) naming the file and the place of what is wrong in it.
  explicit Registry(const std::filesystem::path& file);

  const std::vector<DataSet>& sets() const { return sets_; }

  // throws: Failure(Exit::usage) with the names that there are, and the nearest, for an unknown one.
  const DataSet& set(const std::string& name) const;

 private:
  std::vector<DataSet> sets_;
};

}  // namespace tito
