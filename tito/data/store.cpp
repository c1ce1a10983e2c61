#include "tito/data/store.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tito/system/data_folder.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr const char* note_name = "set.json";

// The files of a set in one folder, each under its own name or gzipped.
struct Look {
  std::vector<fs::path> files;  // as many as the set has when all are there
  std::string problem;          // of the first that is not there or has another size than any edition's
  int found = 0;
};

Look look_into(const DataSet& set, const fs::path& folder) {
  Look look;
  for (const DataFile& file : set.files) {
    std::error_code error;
    const fs::path plain = folder / file.name;
    fs::path packed = plain;
    packed += ".gz";
    if (fs::is_regular_file(plain, error)) {
      ++look.found;
      const std::uint64_t size = fs::file_size(plain, error);
      bool fits = false;
      std::string sizes;
      for (const Edition& edition : set.editions) {
        const std::uint64_t expected = edition.contents.at(file.name).size;
        fits = fits || expected == size;
        if (sizes.find(std::to_string(expected)) == std::string::npos)
          sizes += (sizes.empty() ? "" : " or ") + std::to_string(expected);
      }
      if (!fits && look.problem.empty()) {
        look.problem = plain.string() + ": expected " + sizes + " bytes, found " + std::to_string(size);
      }
      look.files.push_back(plain);
    } else if (fs::is_regular_file(packed, error)) {
      ++look.found;
      look.files.push_back(packed);
    } else if (look.problem.empty()) {
      look.problem = plain.string() + ": missing";
    }
  }
  return look;
}

// What was written down when the files were checked; nothing when nobody did, or the note is of another set.
struct Note {
  const Edition* edition = nullptr;
  std::string from;
};

Note read_note(const DataSet& set, const fs::path& folder) {
  const auto text = read_if_present(folder / note_name);
  if (!text) return {};
  try {
    const json parsed = parse_json(*text, (folder / note_name).string());
    const JsonView view(parsed, (folder / note_name).string());
    if (view["schema"].text() != "tito-set/1" || view["set"].text() != set.name) return {};
    for (const Edition& edition : set.editions) {
      if (edition.title == view["edition"].text()) return {&edition, view["from"].text()};
    }
  } catch (const Failure&) {
    // A damaged note says nothing: the files are there all the same, and can be verified again.
  }
  return {};
}

bool sizes_fit(const DataSet& set, const Edition& edition, const std::vector<fs::path>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code error;
    if (files[i].extension() != ".gz" && fs::file_size(files[i], error) != edition.contents.at(set.files[i].name).size)
      return false;
  }
  return true;
}

void write_note(const DataSet& set, const Edition& edition, const std::string& from, const fs::path& folder) {
  const json note = {
      {"schema", "tito-set/1"}, {"set", set.name}, {"edition", edition.title}, {"from", from}, {"at", utc_now()}};
  write_atomically(folder / note_name, note.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) throw Failure(Exit::environment, "cannot sync " + path.string() + ": " + std::strerror(error));
}

}  // namespace

fs::path data_root() {
  if (const auto folder = data_folder()) return *folder;
  throw Failure(Exit::environment, "there is no folder for data sets: none of TITO_DATA, XDG_DATA_HOME and HOME is set",
                "set TITO_DATA to a folder of yours");
}

const char* name_of(Presence presence) {
  switch (presence) {
    case Presence::missing:
      return "missing";
    case Presence::damaged:
      return "damaged";
    case Presence::unverified:
      return "unverified";
    case Presence::here:
      return "here";
  }
  return "";
}

Place Store::find(const DataSet& set) const {
  Place place;
  place.folder = folder(set);
  place.own = true;
  std::vector<fs::path> folders{place.folder};
  if (!set.inner_folder.empty()) folders.push_back(place.folder / set.inner_folder);
  folders.insert(folders.end(), set.found_in.begin(), set.found_in.end());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Look look = look_into(set, folders[i]);
    if (look.found == 0) continue;
    const bool own = i < folders.size() - set.found_in.size();
    if (!look.problem.empty()) {
      if (place.presence == Presence::missing && own) {
        place.presence = Presence::damaged;
        place.problem = look.problem;
      }
      continue;
    }
    place = {Presence::unverified, folders[i], nullptr, look.files, "", folders[i].string(), own};
    const Note note = own ? read_note(set, folder(set)) : Note{};
    if (note.edition != nullptr && sizes_fit(set, *note.edition, look.files)) {
      place.presence = Presence::here;
      place.edition = note.edition;
      place.from = note.from;
    }
    return place;
  }
  return place;
}

void Store::install(const DataSet& set, const Edition& edition, const std::string& from, const fs::path& staged) const {
  for (const DataFile& file : set.files) sync(staged / file.name);
  write_note(set, edition, from, staged);
  const fs::path place = folder(set);
  // The two change places at once; what was there before goes with the staging folder.
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0) {
    std::error_code error;
    if (errno != ENOENT) fs::rename(place, staged.parent_path() / (set.name + ".before"), error);
    fs::rename(staged, place, error);
    if (error)
      throw Failure(Exit::environment, "cannot put " + set.name + " into " + place.string() + ": " + error.message());
  }
  sync(root_);
}

void Store::note_verified(const DataSet& set, const Edition& edition, const std::string& from) const {
  write_note(set, edition, from, folder(set));
}

void Store::remove(const DataSet& set) const {
  std::error_code error;
  const TemporaryFolder bin(staging());
  fs::rename(folder(set), bin.path() / set.name, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Failure(Exit::environment, "cannot remove " + folder(set).string() + ": " + error.message());
  }
  fs::remove_all(downloads(set), error);
}

}  // namespace tito
