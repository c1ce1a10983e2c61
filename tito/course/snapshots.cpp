#include "tito/course/snapshots.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-snapshots";
constexpr int version = 1;
constexpr std::array causes{Cause::exported, Cause::reset, Cause::undo, Cause::update, Cause::fill, Cause::found};

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Cause cause_of(const JsonView& view) {
  for (const Cause cause : causes) {
    if (view.text() == name_of(cause)) return cause;
  }
  view.fail("is no cause of a snapshot: \"" + view.text() + "\"");
}

std::uint64_t count_of(const JsonView& view) {
  if (view.integer() < 0) view.fail("is not a count: " + view.value().dump());
  return static_cast<std::uint64_t>(view.integer());
}

Snapshot read_snapshot(const JsonView& view) {
  view.allow_only({"id", "module", "object", "bytes", "cause", "at", "added", "removed"});
  Snapshot one;
  one.id = static_cast<std::int64_t>(count_of(view["id"]));
  one.module = view["module"].text();
  one.object = view["object"].text();
  if (!is_hash(one.object)) view["object"].fail("is not a SHA-256 hash");
  one.bytes = count_of(view["bytes"]);
  one.cause = cause_of(view["cause"]);
  one.at = view["at"].text();
  if (view.has("added")) one.lines = ChangeCount{count_of(view["added"]), count_of(view["removed"])};
  return one;
}

json write_snapshot(const Snapshot& one) {
  json entry = {{"id", one.id},       {"module", one.module},        {"object", one.object},
                {"bytes", one.bytes}, {"cause", name_of(one.cause)}, {"at", one.at}};
  if (one.lines) entry["added"] = one.lines->added, entry["removed"] = one.lines->removed;
  return entry;
}

}  // namespace

const char* name_of(Cause cause) {
  switch (cause) {
    case Cause::exported:
      return "export";
    case Cause::reset:
      return "reset";
    case Cause::undo:
      return "undo";
    case Cause::update:
      return "update";
    case Cause::fill:
      return "fill";
    case Cause::found:
      return "found";
  }
  return "";
}

fs::path SnapshotStore::object_path(const std::string& hash) const {
  return folder_ / "objects" / hash.substr(0, 2) / hash.substr(2);
}

SnapshotStore::Index SnapshotStore::parse(const std::string& text, const std::string& origin) {
  const json root = parse_json(text, origin);
  const JsonView view(root, origin);
  check_schema(view, schema, version);
  view.allow_only({"schema", "next", "snapshots"});
  Index index;
  index.next = view["next"].integer();
  const JsonView list = view["snapshots"];
  std::int64_t last = 0;
  for (std::size_t i = 0; i < list.array().size(); ++i) {
    index.snapshots.push_back(read_snapshot(list.at(i)));
    const std::int64_t id = index.snapshots.back().id;
    if (id <= last || id >= index.next) list.at(i)["id"].fail("is out of order: " + std::to_string(id));
    last = id;
  }
  return index;
}

std::string SnapshotStore::print(const Index& index) {
  json list = json::array();
  for (const Snapshot& one : index.snapshots) list.push_back(write_snapshot(one));
  const json root = {{"schema", schema_name(schema, version)}, {"next", index.next}, {"snapshots", list}};
  return root.dump(2) + "\n";
}

SnapshotStore::Index SnapshotStore::load() const {
  const std::string way_out =
      "nothing was overwritten; \"tito history --repair\" keeps the file under another name and takes up the "
      "previous version";
  const auto text = read_if_present(file());
  if (!text) {
    if (!fs::exists(previous())) return {};
    throw Failure(Exit::damaged, file().string() + ": the list of your snapshots is missing", way_out);
  }
  try {
    return parse(*text, file().string());
  } catch (const Failure& failure) {
    throw Failure(failure.exit(), failure.what(), way_out);
  }
}

void SnapshotStore::write(const Index& index) const { write_keeping_previous(file(), previous(), print(index)); }

std::vector<Snapshot> SnapshotStore::list() const { return load().snapshots; }

std::vector<Snapshot> SnapshotStore::list(const std::string& module) const {
  std::vector<Snapshot> all = list();
  std::erase_if(all, [&](const Snapshot& one) { return one.module != module; });
  return all;
}

std::string SnapshotStore::text_of(const Snapshot& snapshot) const {
  const fs::path path = object_path(snapshot.object);
  const std::string label = "snapshot " + std::to_string(snapshot.id) + " of " + snapshot.module;
  const auto text = read_if_present(path);
  if (!text)
    throw Failure(Exit::damaged, label + " is lost: " + path.string() + " is gone",
                  "the others are listed by \"tito history\"");
  if (sha256(*text) != snapshot.object) {
    throw Failure(Exit::damaged, label + " is damaged: " + path.string() + " does not hold what was kept",
                  "the file is left as it is; the others are listed by \"tito history\"");
  }
  return *text;
}

Snapshot SnapshotStore::keep(const std::string& module, std::string_view text, Cause cause) const {
  make_folders(folder_);
  const FileLock lock(folder_ / "lock");
  Index index = load();
  Snapshot one{index.next++, module, sha256(text), text.size(), cause, utc_now(), std::nullopt};
  const auto before = std::find_if(index.snapshots.rbegin(), index.snapshots.rend(),
                                   [&](const Snapshot& other) { return other.module == module; });
  if (before != index.snapshots.rend()) {
    if (before->object == one.object && before->cause == cause && fs::exists(object_path(one.object))) return *before;
    try {
      one.lines = count_changes(text_of(*before), text);
    } catch (const Failure&) {
      // The one before cannot be read any more: there is nothing to compare with.
    }
  }
  const fs::path path = object_path(one.object);
  const auto present = read_if_present(path);
  if (!present || *present != text) {
    make_folders(path.parent_path());
    write_atomically(path, text);
  }
  index.snapshots.push_back(one);
  drop_beyond_bound(index);
  write(index);
  std::set<std::string> named;
  for (const Snapshot& kept : index.snapshots) named.insert(kept.object);
  std::error_code ignored;
  for (const std::string& object : stored_objects()) {
    if (!named.contains(object)) fs::remove(object_path(object), ignored);
  }
  return one;
}

void SnapshotStore::drop_beyond_bound(Index& index) const {
  std::set<std::int64_t> fixed;
  std::map<std::string, std::size_t> count;
  std::map<std::string, std::size_t> users;  // object -> snapshots that hold it
  std::uint64_t bytes = 0;
  std::set<std::string> newest, newest_export;
  for (auto one = index.snapshots.rbegin(); one != index.snapshots.rend(); ++one) {
    if (newest.insert(one->module).second) fixed.insert(one->id);
    if (one->cause == Cause::exported && newest_export.insert(one->module).second) fixed.insert(one->id);
    ++count[one->module];
    if (users[one->object]++ == 0) bytes += one->bytes;
  }
  std::erase_if(index.snapshots, [&](const Snapshot& one) {  // from the oldest on
    if (fixed.contains(one.id) || (count[one.module] <= bound_.per_module && bytes <= bound_.bytes)) return false;
    --count[one.module];
    if (--users[one.object] == 0) bytes -= one.bytes;
    return true;
  });
}

std::set<std::string> SnapshotStore::stored_objects() const {
  std::set<std::string> hashes;
  std::error_code ignored;
  for (const auto& group : fs::directory_iterator(folder_ / "objects", ignored)) {
    for (const auto& entry : fs::directory_iterator(group.path(), ignored)) {
      const std::string hash = group.path().filename().string() + entry.path().filename().string();
      if (is_hash(hash)) hashes.insert(hash);
    }
  }
  return hashes;
}

SnapshotStore::Repair SnapshotStore::repair() const {
  make_folders(folder_);
  const FileLock lock(folder_ / "lock");
  Repair repair;
  Index index;
  try {
    load();
    return repair;
  } catch (const Failure&) {
    repair.was_damaged = true;
  }
  if (const auto text = read_if_present(previous())) {
    try {
      index = parse(*text, previous().string());
      repair.from_previous = true;
    } catch (const Failure&) {
      // Not readable either: what texts there are is found below.
    }
  }
  std::set<std::string> named;
  for (const Snapshot& one : index.snapshots) named.insert(one.object);
  for (const std::string& object : stored_objects()) {
    if (named.contains(object)) continue;
    const std::string text = read_file(object_path(object));
    if (sha256(text) != object) continue;
    index.snapshots.push_back({index.next++, "", object, text.size(), Cause::found, utc_now(), std::nullopt});
    ++repair.found;
  }
  if (fs::exists(file())) repair.kept_as = copy_under_free_name(file(), "damaged");
  write_atomically(file(), print(index));  // the version before stays the one that could be read
  return repair;
}

std::vector<fs::path> SnapshotStore::folders() const {
  std::vector<fs::path> all{folder_};
  std::error_code ignored;
  for (const auto& group : fs::directory_iterator(folder_ / "objects", ignored)) all.push_back(group.path());
  return all;
}

}  // namespace tito
