// The line diff against a slow twin and against patch, and how it is drawn.
#include "tito/system/diff.hpp"

#include <algorithm>
#include <random>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"
#include "tito/ui/difference.hpp"

namespace {

std::mt19937_64 generator() { return std::mt19937_64(judge::seed()); }

// Lines over a small alphabet, so that much is shared; perhaps without an end.
std::string random_text(std::mt19937_64& random, std::size_t lines, std::size_t alphabet) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i)
    text += "line " + std::to_string(random() % alphabet) + (random() % 17 == 0 ? "" : "\n");
  return text;
}

// The text with some lines removed, added and changed.
std::string edited(std::mt19937_64& random, const std::string& text) {
  std::string result;
  for (const std::string_view line : tito::split_lines(text)) {
    const std::uint64_t what = random() % 12;
    if (what == 0) continue;
    if (what == 1) result += "new " + std::to_string(random() % 5) + "\n";
    result += what == 2 ? "changed\n" : std::string(line);
  }
  return result;
}

std::string applied(const std::string& before, const std::string& after) {
  const tito::Lines old_lines = tito::split_lines(before), new_lines = tito::split_lines(after);
  std::string result;
  std::size_t at = 0;
  for (const tito::Change& change : tito::changes_between(old_lines, new_lines)) {
    while (at < change.old_begin) result += old_lines[at++];
    for (std::size_t i = change.new_begin; i < change.new_end; ++i) result += new_lines[i];
    at = change.old_end;
  }
  while (at < old_lines.size()) result += old_lines[at++];
  return result;
}

// How many lines two texts share in order, by the textbook's table.
std::size_t common_lines(const tito::Lines& a, const tito::Lines& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

TEST_CASE("A diff applied to one text gives the other, and is as short as can be", "[diff][limit:60]") {
  std::mt19937_64 random = generator();
  for (int round = 0; round < 1500; ++round) {
    const std::string before = random_text(random, random() % 40, 1 + random() % 12);
    const std::string after =
        round % 2 == 0 ? edited(random, before) : random_text(random, random() % 40, 1 + random() % 12);
    INFO("seed " << judge::seed() << ", round " << round);
    CHECK_SAME(applied(before, after), after);
    const tito::ChangeCount count = tito::count_changes(before, after);
    const tito::Lines a = tito::split_lines(before), b = tito::split_lines(after);
    const std::size_t common = common_lines(a, b);
    CHECK_SAME(count.removed, a.size() - common);
    CHECK_SAME(count.added, b.size() - common);
  }
}

TEST_CASE("Texts that differ in thousands of lines are compared in a moment", "[diff][limit:20]") {
  std::mt19937_64 random = generator();
  const std::string before = random_text(random, 30'000, 1'000'000), after = random_text(random, 30'000, 1'000'000);
  CHECK_SAME(applied(before, after), after);
  const std::string near = edited(random, before);
  CHECK_SAME(applied(before, near), near);
}

TEST_CASE("Equal texts have no changes, and an empty one is all added or removed", "[diff]") {
  CHECK(tito::unified_diff("a\nb\n", "a\nb\n", "x", "y").empty());
  CHECK_SAME(tito::unified_diff("", "a\nb", "x", "y"),
             std::string("--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"));
  CHECK_SAME(tito::unified_diff("a\n", "", "x", "y"), std::string("--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n"));
}

TEST_CASE("Changes near each other share a hunk, and those further apart have their own", "[diff]") {
  const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
  std::string near = before, far = before;
  near.replace(near.find("3\n"), 1, "three").replace(near.find("10\n"), 2, "ten");
  far.replace(far.find("2\n"), 1, "two").replace(far.find("10\n"), 2, "ten");
  CHECK_SAME(tito::hunks_between(before, near).size(), 1U);
  CHECK_SAME(tito::hunks_between(before, far).size(), 2U);
  CHECK_SAME(tito::hunks_between(before, far)[1].header(), std::string("@@ -7,6 +7,6 @@"));
}

TEST_CASE("patch takes the unified diff of random texts", "[diff][limit:60]") {
  Sandbox box;
  if (!has_program("patch")) return;
  std::mt19937_64 random = generator();
  for (int round = 0; round < 40; ++round) {
    const std::string before = random_text(random, 5 + random() % 60, 30), after = edited(random, before);
    const std::string diff = tito::unified_diff(before, after, "before", "after");
    if (diff.empty()) continue;
    tito::write_atomically(box.root() / "before", before);
    tito::write_atomically(box.root() / "diff", diff);
    const Run run = box.run({"patch", "--quiet", "-o", "result", "before", "diff"}, box.root());
    INFO("seed " << judge::seed() << ", round " << round << "\n" << diff << run.out << run.err);
    CHECK_SAME(run.status, 0);
    CHECK_SAME(tito::read_file(box.root() / "result"), after);
  }
}

TEST_CASE("A drawn diff keeps to the width, and shows every character", "[diff]") {
  const tito::Screen screen;
  const std::string before = "short\n" + std::string(90, 'x') + "\nlast\n",
                    after = "short\n" + std::string(95, 'y') + "\tü\x1b[31m\nlast\n";
  std::string seen;
  for (const std::string& line : tito::drawn_below(screen, tito::hunks_between(before, after), 40)) {
    CHECK(tito::columns_of(line) <= 40);
    CHECK(!contains(line, "\x1b"));
    seen += line;
  }
  CHECK_SAME(std::count(seen.begin(), seen.end(), 'x'), 90);
  CHECK_SAME(std::count(seen.begin(), seen.end(), 'y'), 95);
  CHECK_CONTAINS(seen, "ü");
  for (const int width : {100, 131}) {
    for (const std::string& line : tito::drawn_beside(screen, before, after, width))
      CHECK(tito::columns_of(line) <= static_cast<std::size_t>(width));
  }
}

TEST_CASE("Side by side, lines that belong together stand in one row", "[diff]") {
  const tito::Screen screen;
  const auto lines = tito::drawn_beside(screen, "same\nold\ngone\nend\n", "same\nnew\nend\nmore\n", 23);
  REQUIRE(lines.size() == 5);
  CHECK_SAME(lines[0], std::string("same         same"));
  CHECK_SAME(lines[1], std::string("old        | new"));
  CHECK_SAME(lines[2], std::string("gone       <"));
  CHECK_SAME(lines[3], std::string("end          end"));
  CHECK_SAME(lines[4], std::string("           > more"));
}
