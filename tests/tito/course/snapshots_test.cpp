// The store of snapshots, and the functions that are found in a source.
#include "tito/course/snapshots.hpp"

#include "tests/support/real_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/functions.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"

namespace {

using tito::Cause;

std::string big(char c, std::size_t size = 1000) { return std::string(size, c); }

fs::path object_of(const fs::path& store, const tito::Snapshot& snapshot) {
  return store / "objects" / snapshot.object.substr(0, 2) / snapshot.object.substr(2);
}

int stored(const fs::path& store) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(store / "objects"))
    count += entry.is_regular_file() ? 1 : 0;
  return count;
}

std::string problem_of(const tito::SnapshotStore& store) {
  try {
    store.list();
  } catch (const tito::Failure& failure) {
    CHECK_CONTAINS(failure.way_out(), "tito history --repair");
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A snapshot gives back the very text, with the lines that changed", "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::SnapshotStore store(folder.path() / "s");
  CHECK(store.list().empty());
  const auto first = store.keep("count", "a\nb\n", Cause::exported);
  const auto second = store.keep("count", "a\nc\nd\n", Cause::reset);
  const auto other = store.keep("total", "a\nb\n", Cause::fill);
  CHECK(!first.lines.has_value());
  CHECK_SAME(second.lines->added, 2U);
  CHECK_SAME(second.lines->removed, 1U);
  CHECK(!other.lines.has_value());
  CHECK_SAME(store.text_of(second), std::string("a\nc\nd\n"));
  CHECK_SAME(store.list("count").size(), 2U);
  CHECK_SAME(stored(folder.path() / "s"), 2);  // the same text is kept once
  store.keep("count", "a\nc\nd\n", Cause::reset);
  CHECK_SAME(store.list("count").size(), 2U);
}

TEST_CASE("Snapshots are bounded in number; a module's newest and its last export stay", "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::SnapshotStore store(folder.path(), {.per_module = 4, .bytes = 1 << 20});
  store.keep("total", "other", Cause::reset);
  const auto exported = store.keep("count", "exported", Cause::exported);
  for (char c = 'a'; c < 'k'; ++c) store.keep("count", big(c), Cause::reset);
  const auto left = store.list("count");
  CHECK_SAME(left.size(), 4U);
  CHECK_SAME(left.front().id, exported.id);
  CHECK_SAME(store.text_of(left.back()), big('j'));
  CHECK_SAME(store.list("total").size(), 1U);
  CHECK_SAME(stored(folder.path()), 5);  // what is listed no more is gone
}

TEST_CASE("Snapshots are bounded in bytes, whatever module they are of", "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::SnapshotStore store(folder.path(), {.per_module = 50, .bytes = 3500});
  for (char c = 'a'; c < 'f'; ++c) store.keep(c % 2 == 0 ? "count" : "total", big(c), Cause::reset);
  std::uint64_t bytes = 0;
  for (const auto& snapshot : store.list()) bytes += snapshot.bytes;
  CHECK_SAME(bytes, 3000U);
  store.keep("count", big('z', 9000), Cause::reset);  // larger than the bound: it alone is left of its module
  CHECK_SAME(store.list("count").size(), 1U);
  CHECK_SAME(store.text_of(store.list("count").front()), big('z', 9000));
  CHECK_SAME(store.list("total").size(), 1U);
}

TEST_CASE("A damaged list of snapshots is named and never overwritten; repair keeps it and finds the texts",
          "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::SnapshotStore store(folder.path());
  store.keep("count", "first", Cause::reset);
  store.keep("count", "second", Cause::reset);
  const std::string good = tito::read_file(folder.path() / "index.json");
  std::string newer = good;
  newer.replace(newer.find("tito-snapshots/1"), 16, "tito-snapshots/7");
  for (const std::string& damaged : {good.substr(0, good.size() / 2), std::string("[]"), newer}) {
    tito::write_atomically(folder.path() / "index.json", damaged);
    CHECK_CONTAINS(problem_of(store), "index.json");
    CHECK_THROWS_AS(store.keep("count", "third", Cause::reset), tito::Failure);
    CHECK_SAME(tito::read_file(folder.path() / "index.json"), damaged);
  }
  CHECK_CONTAINS(problem_of(store), "newer tito");
  const auto repair = store.repair();
  CHECK(repair.was_damaged);
  CHECK(repair.from_previous);
  CHECK_SAME(tito::read_file(repair.kept_as), newer);
  CHECK_SAME(repair.found, 1U);  // the previous version knows the first text only
  CHECK_SAME(store.list("count").size(), 1U);
  REQUIRE(store.list("").size() == 1);
  CHECK_SAME(store.text_of(store.list("").front()), std::string("second"));
  CHECK(!store.repair().was_damaged);
}

TEST_CASE("A list that has gone is damage, too, and a text that changed is not handed out", "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::SnapshotStore store(folder.path());
  const auto first = store.keep("count", "first", Cause::reset);
  const auto second = store.keep("count", "second", Cause::reset);
  tito::write_atomically(object_of(folder.path(), first), "forged");
  CHECK_THROWS_AS(store.text_of(first), tito::Failure);
  fs::remove(object_of(folder.path(), second));
  CHECK_THROWS_AS(store.text_of(second), tito::Failure);
  store.keep("count", "second", Cause::exported);  // and the same text kept again is there again
  CHECK_SAME(store.text_of(second), std::string("second"));
  fs::remove(folder.path() / "index.json");
  CHECK_CONTAINS(problem_of(store), "missing");
}

TEST_CASE("A write that was broken off between its two renames leaves nothing behind after the next", "[snapshots]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path file = folder.path() / "file", previous = folder.path() / "previous";
  tito::write_atomically(file, "one");
  fs::create_hard_link(file, previous);
  tito::write_keeping_previous(file, previous, "two");
  CHECK_SAME(tito::read_file(file), std::string("two"));
  CHECK_SAME(tito::read_file(previous), std::string("one"));
  CHECK_SAME(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST_CASE("Functions are found in a source with their names, scopes and comments", "[snapshots]") {
  const std::string source = R"x(#include "a.hpp"
#define BRACE {
namespace tinytorch {

namespace {
int helper(int n) { return n; }  // }
}  // namespace

static bool hidden() { return '}' == 1'000; }

// Adds.
// Two lines.
Tensor operator+(const Tensor& a, const Tensor& b) {
  return R"(})" "}" /* } */;
}

// ---- A heading
bool Tensor::operator==(const Tensor& other) const { return true; }
float Tensor::operator()(int i) const { return 0; }
[[nodiscard]] std::function<int(int)> make() { return [](int n) { return n; }; }
Layer::Layer(int n) : n_{n}, m_(f({1})), k_{g(2)} { check(); }
Layer::~Layer() = default;
int declared(int);
template <class T>
struct State final : Base<T> {
  State() = default;
 private:
  int inside() { return 1; }
  int member{2};
} state;
enum class Kind { a, b };
const std::vector<int> table = {1, 2};
auto lambda = [](int n) { return n; };
int table_of[] = {1};
void outer::inner::f(int a,
                     int b) noexcept {
}

}  // namespace tinytorch
int main() { return 0; }
)x";
  std::vector<std::string> names, visible;
  for (const tito::FunctionText& function : tito::functions_in(source)) {
    names.push_back(function.name);
    if (!function.is_internal) visible.push_back(function.full_name());
    if (function.name == "operator+")
      CHECK_CONTAINS(source.substr(function.comment, function.end - function.comment),
                     "// Adds.\n// Two lines.\nTensor operator+");
    if (function.name == "Tensor::operator==") CHECK_SAME(function.comment, function.begin);
    if (function.name == "Layer::Layer")
      CHECK_SAME(source.substr(function.body, function.end - function.body), std::string("{ check(); }"));
  }
  CHECK_SAME(names, (std::vector<std::string>{
                        "helper", "hidden", "operator+", "Tensor::operator==", "Tensor::operator()", "make",
                        "Layer::Layer", "Layer::~Layer", "State::State", "State::inside", "outer::inner::f", "main"}));
  CHECK_SAME(visible.front(), std::string("tinytorch::operator+"));
  CHECK_SAME(visible.back(), std::string("main"));
}

TEST_CASE("Every region of the course's reference bodies lies in one function", "[snapshots]") {
  for (const std::string& slug : slugs()) {
    const fs::path file = body_of(slug);
    const std::string source = tito::read_file(file);
    const auto functions = tito::functions_in(source);
    for (const tito::SolutionRegion& region : tito::solution_regions(source, file.string())) {
      if (region.is_helpers()) continue;
      const auto around = std::count_if(functions.begin(), functions.end(), [&](const auto& function) {
        return region.begin > function.body && region.end < function.end;
      });
      INFO(file << ": " << region.name);
      CHECK_SAME(around, 1);
    }
  }
}
