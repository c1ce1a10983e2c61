// Comparing two texts line by line.
//
// What both texts share, in order, is found with Myers' algorithm in the form whose memory is linear in the number of
// lines; what is left are the changes. The result is minimal unless the texts differ in thousands of lines.
// source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

using Lines = std::vector<std::string_view>;

// The lines of a text, each with its end; the last may have none. They live as long as the text.
Lines split_lines(std::string_view text);

// Lines [old_begin, old_end) of the old text become [new_begin, new_end) of the new one; counted from 0, not both
// empty.
struct Change {
  std::size_t old_begin = 0;
  std::size_t old_end = 0;
  std::size_t new_begin = 0;
  std::size_t new_end = 0;

  bool operator==(const Change&) const = default;
};

// The changes in order, with at least one line that both texts share between any two.
std::vector<Change> changes_between(const Lines& before, const Lines& after);

// How many lines a change adds and removes.
struct ChangeCount {
  std::size_t added = 0;
  std::size_t removed = 0;
  bool operator==(const ChangeCount&) const = default;
};
ChangeCount count_changes(std::string_view before, std::string_view after);

// A line of a diff: ' ' stands in both texts, '-' in the old one, '+' in the new one.
struct DiffLine {
  char mark = ' ';
  std::string_view text;  // with its end
};

// Changes that lie near each other, with the lines around them.
struct Hunk {
  std::size_t old_begin = 0;  // from 0
  std::size_t old_count = 0;
  std::size_t new_begin = 0;
  std::size_t new_count = 0;
  std::vector<DiffLine> lines;

  // "@@ -3,7 +3,8 @@", as patch reads it.
  std::string header() const;
};

// The hunks with `context` unchanged lines around each change. The lines live as long as both texts.
std::vector<Hunk> hunks_between(std::string_view before, std::string_view after, std::size_t context = 3);

// The diff in the unified format, for programs that apply it; empty when the texts are equal.
std::string unified_diff(std::string_view before, std::string_view after, const std::string& old_name,
                         const std::string& new_name);

}  // namespace tito
