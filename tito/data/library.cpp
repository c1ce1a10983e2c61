#include "tito/data/library.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tito/data/unpack.hpp"
#include "tito/system/checksum.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/interrupt.hpp"

namespace tito {
namespace {

constexpr int deepest_folder = 4;
constexpr std::size_t most_candidates = 5000;

void note(const LibraryEvents& events, const std::string& text) {
  if (events.on_note) events.on_note(text);
}

FileLock lock(const Store& store, const DataSet& set, const LibraryEvents& events) {
  make_folders(store.lock(set).parent_path());
  return FileLock(store.lock(set),
                  [&] { note(events, "another tito is at work on " + set.name + "; waiting for it"); });
}

std::set<std::uint64_t> sizes_of(const std::vector<Edition>& editions) {
  std::set<std::uint64_t> sizes;
  for (const Edition& edition : editions) {
    for (const auto& [name, content] : edition.contents) sizes.insert(content.size);
  }
  return sizes;
}

// Files that were unpacked, until they are those of an edition.
class Gathering {
 public:
  explicit Gathering(const std::vector<Edition>& editions) : editions_(&editions) {}

  void add(const std::vector<Unpacked>& files) {
    for (const Unpacked& file : files) {
      if (!file.path.empty()) by_content_.emplace(file.sha256, file.path);
      by_name_.insert_or_assign(file.name, file);
    }
  }

  const Edition* complete() const {
    for (const Edition& edition : *editions_) {
      if (std::all_of(edition.contents.begin(), edition.contents.end(),
                      [&](const auto& one) { return by_content_.contains(one.second.sha256); })) {
        return &edition;
      }
    }
    return nullptr;
  }

  // Gives the edition's files their names, in `folder`.
  void arrange(const Edition& edition, const fs::path& folder) const {
    make_folders(folder);
    for (const auto& [name, content] : edition.contents) {
      std::error_code error;
      fs::rename(by_content_.at(content.sha256), folder / name, error);
      if (error)
        throw Failure(Exit::environment, "cannot move " + name + " to " + folder.string() + ": " + error.message());
    }
  }

  // What is wrong with the files, for the edition that most of them belong to.
  Failure failure(const DataSet& set, const std::string& from, const std::string& way_out) const {
    const Edition* nearest = &editions_->front();
    const auto hits = [&](const Edition& edition) {
      return std::count_if(edition.contents.begin(), edition.contents.end(),
                           [&](const auto& one) { return by_content_.contains(one.second.sha256); });
    };
    for (const Edition& edition : *editions_) {
      if (hits(edition) > hits(*nearest)) nearest = &edition;
    }
    std::string text = from + " does not hold the files of " + nearest->title + ":";
    for (const DataFile& file : set.files) {
      const Content& expected = nearest->contents.at(file.name);
      if (by_content_.contains(expected.sha256)) continue;
      text += "\n  " + file.name + ": expected " + std::to_string(expected.size) + " bytes with SHA-256 " +
              expected.sha256 + ", found ";
      const auto found = by_name_.find(file.name);
      if (found == by_name_.end()) {
        text += "no such file";
      } else {
        text += std::to_string(found->second.size) + " bytes" +
                (found->second.sha256.empty() ? "" : " with SHA-256 " + found->second.sha256);
      }
    }
    return Failure(Exit::work_failed, text, way_out);
  }

 private:
  const std::vector<Edition>* editions_;
  std::map<std::string, fs::path> by_content_;
  std::map<std::string, Unpacked> by_name_;  // also of files that were left out
};

void check_room(const Store& store, std::uint64_t needed, const std::string& what) {
  std::error_code error;
  const fs::space_info space = fs::space(store.root(), error);
  if (error || space.available >= needed) return;
  throw Failure(Exit::environment,
                store.root().string() + ": " + what + " needs " + std::to_string(needed >> 20U) + " MiB of room, and " +
                    std::to_string(space.available >> 20U) + " MiB are free",
                "free some disk space, or set TITO_DATA to a folder on another disk");
}

// Unpacks one archive into a folder of its own, so that two of them may hold files of one name.
std::vector<Unpacked> unpack_into(const fs::path& archive, const std::set<std::uint64_t>& sizes, const fs::path& folder,
                                  const std::function<void(std::uint64_t)>& on_bytes) {
  static int number = 0;
  const fs::path own = folder / ("files-" + std::to_string(++number));
  make_folders(own);
  return unpack(archive, sizes, own, on_bytes);
}

// What an import looks at: the file itself, or what may be of use below the folder, the set's own names first.
std::vector<fs::path> candidates(const DataSet& set, const fs::path& from, const std::set<std::uint64_t>& sizes) {
  std::error_code error;
  if (!fs::is_directory(from, error)) {
    if (!fs::is_regular_file(from, error)) {
      throw Failure(Exit::usage,
                    from.string() + (fs::exists(from, error) ? " is neither a file nor a folder" : " does not exist"),
                    "name an archive, a file or a folder that holds the files of " + set.title);
    }
    return {from};
  }
  static const std::set<std::string> packed{".gz", ".tgz", ".tar", ".zip", ".xz", ".bz2", ".zst"};
  std::vector<fs::path> all;
  auto at = fs::recursive_directory_iterator(from, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator() && all.size() < most_candidates; at.increment(error)) {
    stop_if_interrupted();
    if (at->is_directory(error) && at.depth() >= deepest_folder) at.disable_recursion_pending();
    if (!at->is_regular_file(error)) continue;
    if (packed.contains(at->path().extension().string()) || sizes.contains(at->file_size(error)))
      all.push_back(at->path());
  }
  if (error) throw Failure(Exit::environment, "cannot read the folder " + from.string() + ": " + error.message());
  const auto is_named = [&](const fs::path& path) {
    const std::string name = path.filename().string();
    return std::any_of(set.files.begin(), set.files.end(),
                       [&](const DataFile& file) { return name.starts_with(file.name); }) ||
           std::any_of(set.downloads.begin(), set.downloads.end(),
                       [&](const Download& one) { return name == one.file; });
  };
  std::sort(all.begin(), all.end());
  std::stable_partition(all.begin(), all.end(), is_named);
  return all;
}

bool is_whole(const fs::path& file, const Download& download) {
  std::error_code error;
  if (fs::file_size(file, error) != download.size || error) return false;
  const Checksum::Digests found = checksum_of_file(file);
  return (download.md5.empty() || found.md5 == download.md5) &&
         (download.sha256.empty() || found.sha256 == download.sha256);
}

fs::path fetch_one(const Store& store, const DataSet& set, const Download& wanted, const LibraryEvents& events,
                   double timeout) {
  const fs::path to = store.downloads(set) / wanted.file;
  if (is_whole(to, wanted)) return to;
  DownloadRequest request{{}, wanted.size, wanted.md5, wanted.sha256};
  for (const std::string& mirror : set.mirrors) request.addresses.push_back(mirror + wanted.file);
  DownloadOptions options;
  options.stall_seconds = timeout;
  options.connect_seconds = timeout;
  options.on_note = events.on_note;
  if (events.on_download)
    options.on_progress = [&](const DownloadProgress& progress) { events.on_download(wanted.file, progress); };
  try {
    download(request, to, options);
  } catch (const Failure& failure) {
    throw Failure(failure.exit(), failure.what(),
                  (failure.way_out().empty() ? "" : failure.way_out() + "; or ") +
                      ("get " + wanted.file + " from " + set.homepage + " by other means, then: tito data import " +
                       set.name + " FILE"));
  }
  return to;
}

// Compares the files of a place; `scratch` takes what is gzipped.
Verification compare(const Store& store, const DataSet& set, const Place& place, const LibraryEvents& events) {
  Verification result;
  result.place = place;
  if (place.files.empty()) return result;
  const TemporaryFolder scratch(store.staging());
  std::map<std::string, std::string> found;
  std::uint64_t done = 0, total = 0;
  std::error_code error;
  for (const fs::path& path : place.files) total += fs::file_size(path, error);
  for (std::size_t i = 0; i < place.files.size(); ++i) {
    const fs::path& path = place.files[i];
    if (events.on_work) events.on_work("comparing " + set.files[i].name, done, total);
    if (path.extension() == ".gz") {
      try {
        for (const Unpacked& file : unpack_into(path, sizes_of(set.editions), scratch.path(), {}))
          found[set.files[i].name] = file.sha256;
      } catch (const Failure& failure) {
        note(events, failure.what());
      }
    } else {
      found[set.files[i].name] = checksum_of_file(path).sha256;
    }
    done += fs::file_size(path, error);
  }
  const auto right_in = [&](const Edition& edition) {
    return std::count_if(set.files.begin(), set.files.end(), [&](const DataFile& file) {
      return found[file.name] == edition.contents.at(file.name).sha256;
    });
  };
  const Edition* nearest = place.edition != nullptr ? place.edition : &set.editions.front();
  for (const Edition& edition : set.editions) {
    if (right_in(edition) > right_in(*nearest)) nearest = &edition;
  }
  if (right_in(*nearest) == static_cast<std::ptrdiff_t>(set.files.size())) result.edition = nearest;
  for (std::size_t i = 0; i < set.files.size(); ++i) {
    const std::string& name = set.files[i].name;
    result.files.push_back({name, place.files[i], nearest->contents.at(name).sha256, found[name]});
  }
  if (result.edition != nullptr && place.own) {
    store.note_verified(set, *result.edition, place.from);
    result.place = store.find(set);
  }
  return result;
}

}  // namespace

Fetched fetch(const Store& store, const DataSet& set, const LibraryEvents& events, double timeout) {
  const FileLock held = lock(store, set, events);
  const Place before = store.find(set);
  if (before.presence == Presence::here) return {before, true};
  if (before.presence == Presence::unverified) {
    const Verification verification = compare(store, set, before, events);
    if (verification.passed()) return {verification.place, true};
    note(events,
         before.folder.string() + " holds files with other checksums; fetching those of " + set.editions.front().title);
  }
  if (set.downloads.empty()) {
    throw Failure(Exit::usage, set.name + " cannot be fetched: the registry knows no address of it",
                  "tito data import " + set.name + " FILE|FOLDER");
  }
  make_folders(store.downloads(set));
  check_room(store, set.download_size() + set.editions.front().size(), "fetching " + set.name);
  const std::vector<Edition> wanted{set.editions.front()};
  Gathering gathering(wanted);
  std::vector<fs::path> archives;
  for (const Download& one : set.downloads) archives.push_back(fetch_one(store, set, one, events, timeout));
  const TemporaryFolder staging(store.staging());
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < archives.size(); ++i) {
    gathering.add(unpack_into(archives[i], sizes_of(wanted), staging.path(), [&](std::uint64_t bytes) {
      if (events.on_work) events.on_work("unpacking " + set.downloads[i].file, done + bytes, set.download_size());
    }));
    done += set.downloads[i].size;
  }
  if (gathering.complete() == nullptr) {
    throw gathering.failure(set, "what was fetched",
                            "the registry's two checksums contradict each other: its maintainers want to know");
  }
  gathering.arrange(set.editions.front(), staging.path() / set.name);
  store.install(set, set.editions.front(), set.mirrors.front(), staging.path() / set.name);
  std::error_code ignored;
  fs::remove_all(store.downloads(set), ignored);
  return {store.find(set), false};
}

Place import_set(const Store& store, const DataSet& set, const fs::path& from, const LibraryEvents& events) {
  make_folders(store.root());
  const FileLock held = lock(store, set, events);
  const std::set<std::uint64_t> sizes = sizes_of(set.editions);
  const std::vector<fs::path> files = candidates(set, from, sizes);
  const bool is_folder = fs::is_directory(from);
  check_room(store, set.editions.front().size(), "importing " + set.name);
  const TemporaryFolder staging(store.staging());
  Gathering gathering(set.editions);
  std::uint64_t done = 0, total = 0;
  std::error_code error;
  for (const fs::path& file : files) total += fs::file_size(file, error);
  for (const fs::path& file : files) {
    try {
      gathering.add(unpack_into(file, sizes, staging.path(), [&](std::uint64_t bytes) {
        if (events.on_work) events.on_work("reading " + file.filename().string(), done + bytes, total);
      }));
    } catch (const Failure& failure) {
      if (!is_folder || failure.exit() != Exit::work_failed) throw;
      note(events, std::string(failure.what()) + "; left out");
    }
    done += fs::file_size(file, error);
    if (gathering.complete() != nullptr) break;
  }
  const Edition* edition = gathering.complete();
  if (edition == nullptr) {
    throw gathering.failure(set, from.string(),
                            set.downloads.empty() ? "" : "the files are published at " + set.homepage);
  }
  gathering.arrange(*edition, staging.path() / set.name);
  store.install(set, *edition, fs::absolute(from).lexically_normal().string(), staging.path() / set.name);
  fs::remove_all(store.downloads(set), error);
  return store.find(set);
}

Verification verify(const Store& store, const DataSet& set, const LibraryEvents& events) {
  const Place place = store.find(set);
  if (place.files.empty()) return {{}, nullptr, place};
  make_folders(store.root());
  const FileLock held = lock(store, set, events);
  return compare(store, set, store.find(set), events);
}

bool remove_set(const Store& store, const DataSet& set) {
  const Place place = store.find(set);
  std::error_code error;
  const bool fetched = fs::exists(store.downloads(set), error);
  if (!place.own) {
    throw Failure(Exit::usage, set.name + " lies in " + place.folder.string() + ", where tito did not put it",
                  "remove it as it came there");
  }
  if (!fs::exists(store.folder(set), error) && !fetched) return false;
  const FileLock held = lock(store, set, {});
  store.remove(set);
  return true;
}

}  // namespace tito
