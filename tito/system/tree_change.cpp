#include "tito/system/tree_change.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

const char* const moved_out = "moved-out";
const char* const preparing_ending = "-preparing";
const char* const removing_ending = "-removing";

fs::path beside(const fs::path& staging, const char* ending) { return fs::path(staging) += ending; }

// A path whose first components are `from`, with `to` in their place.
fs::path moved(const fs::path& path, const std::vector<std::pair<fs::path, fs::path>>& moves, bool forward) {
  for (const auto& [from, to] : moves) {
    const fs::path& old = forward ? from : to;
    const fs::path rest = path.lexically_relative(old);
    if (!rest.empty() && *rest.begin() != "..")
      return rest == "." ? (forward ? to : from) : (forward ? to : from) / rest;
  }
  return path;
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  throw Failure(Exit::environment, "cannot move " + from.string() + " to " + to.string() + ": " + std::strerror(errno),
                "mend that; the next tito course command ends what was begun");
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

struct Journal {
  std::vector<std::pair<fs::path, fs::path>> moves;
  std::vector<std::pair<fs::path, std::string>> files;  // path, SHA-256 before or empty
};

Journal read_journal(const fs::path& staging) {
  const fs::path file = staging / "change.json";
  const json root = parse_json(read_file(file), file.string());
  const JsonView view(root, file.string());
  check_schema(view, "tito-change", 1);
  Journal journal;
  for (std::size_t i = 0; i < view["moves"].array().size(); ++i) {
    const JsonView move = view["moves"].at(i);
    journal.moves.emplace_back(move.at(0).text(), move.at(1).text());
  }
  for (std::size_t i = 0; i < view["files"].array().size(); ++i) {
    const JsonView one = view["files"].at(i);
    journal.files.emplace_back(one.at(0).text(), one.at(1).text());
  }
  return journal;
}

// Refuses what could not be done to its end.
void check_places(const fs::path& root, const TreeChange& change) {
  for (const auto& [from, to] : change.moves) {
    if (!fs::is_directory(root / from)) throw Failure(Exit::damaged, (root / from).string() + " is missing");
    const bool leaves =
        std::any_of(change.moves.begin(), change.moves.end(), [&to = to](const auto& one) { return one.first == to; });
    if (!leaves && fs::exists(root / to)) {
      throw Failure(Exit::usage, (root / to).string() + " is in the way", "move it away; nothing was changed");
    }
  }
}

// Writes everything that the change needs into a folder, which nobody looks at yet.
void prepare(const fs::path& root, const fs::path& folder, const TreeChange& change) {
  make_folders(folder / "files");
  make_folders(folder / "folders");
  json moves = json::array(), files = json::array();
  for (const auto& [from, to] : change.moves) moves.push_back({from.string(), to.string()});
  for (const auto& [path, content] : change.files) {
    const fs::path staged = folder / "files" / std::to_string(files.size()), present = root / change.before(path);
    const auto before = read_if_present(present);
    write_atomically(staged, content);
    if (before) fs::permissions(staged, fs::status(present).permissions());
    files.push_back({path.string(), before ? sha256(*before) : ""});
  }
  const json journal = {{"schema", schema_name("tito-change", 1)}, {"moves", moves}, {"files", files}};
  write_atomically(folder / "change.json", journal.dump(1) + "\n");
}

[[noreturn]] void refuse(const fs::path& staging, const std::string& what) {
  throw Failure(Exit::damaged, "a change of the course was interrupted, and cannot be ended: " + what,
                "put it back as it was, or remove " + staging.string() +
                    " to leave the tree as it is; git status shows what was changed");
}

void move_folders(const fs::path& root, const fs::path& staging, const Journal& journal) {
  const auto on_its_way = [&](std::size_t i) { return staging / "folders" / std::to_string(i); };
  if (!fs::exists(staging / moved_out)) {
    for (std::size_t i = 0; i < journal.moves.size(); ++i) {
      const fs::path from = root / journal.moves[i].first;
      if (fs::exists(on_its_way(i))) continue;
      if (!fs::exists(from)) refuse(staging, from.string() + " is gone");
      rename_or_fail(from, on_its_way(i));
    }
    sync_folder(staging / "folders");
    write_atomically(staging / moved_out, "");
  }
  for (std::size_t i = 0; i < journal.moves.size(); ++i) {
    const fs::path to = root / journal.moves[i].second;
    if (!fs::exists(on_its_way(i))) continue;
    if (fs::exists(to)) refuse(staging, to.string() + " is in the way");
    make_folders(to.parent_path());
    rename_or_fail(on_its_way(i), to);
  }
}

void put_files(const fs::path& root, const fs::path& staging, const Journal& journal) {
  const auto staged = [&](std::size_t i) { return staging / "files" / std::to_string(i); };
  for (std::size_t i = 0; i < journal.files.size(); ++i) {
    const fs::path path = root / journal.files[i].first;
    const auto present = read_if_present(path);
    if (fs::exists(staged(i)) && (present ? sha256(*present) : "") != journal.files[i].second) {
      refuse(staging, path.string() + " was changed since");
    }
  }
  for (std::size_t i = 0; i < journal.files.size(); ++i) {
    if (!fs::exists(staged(i))) continue;
    const fs::path path = root / journal.files[i].first;
    make_folders(path.parent_path());
    rename_or_fail(staged(i), path);
    sync_folder(path.parent_path());
  }
}

}  // namespace

fs::path TreeChange::before(const fs::path& path) const { return moved(path, moves, false); }

fs::path TreeChange::after(const fs::path& path) const { return moved(path, moves, true); }

void make_change(const fs::path& root, const fs::path& staging, const TreeChange& change) {
  const fs::path preparing = beside(staging, preparing_ending);
  fs::remove_all(preparing);
  check_places(root, change);
  try {
    prepare(root, preparing, change);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(preparing, ignored);
    throw;
  }
  rename_or_fail(preparing, staging);
  sync_folder(staging.parent_path());
  end_change(root, staging);
}

bool is_changing(const fs::path& staging) {
  return fs::exists(staging) || fs::exists(beside(staging, preparing_ending)) ||
         fs::exists(beside(staging, removing_ending));
}

bool end_change(const fs::path& root, const fs::path& staging) {
  fs::remove_all(beside(staging, preparing_ending));
  fs::remove_all(beside(staging, removing_ending));
  if (!fs::exists(staging)) return false;
  const Journal journal = read_journal(staging);
  move_folders(root, staging, journal);
  put_files(root, staging, journal);
  // Its name goes first, so that a half removed folder is never taken for a change.
  rename_or_fail(staging, beside(staging, removing_ending));
  fs::remove_all(beside(staging, removing_ending));
  return true;
}

}  // namespace tito
